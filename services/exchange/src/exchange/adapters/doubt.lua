-- Break the seal of a shard, unless somebody has committed to it since: it is made again by whoever loads it next.
-- KEYS: as in whole.lua.  ARGV: the seal that is not believed any more.
if not fault() and meta()[SEAL] == ARGV[1] then redis.call('HSET', KEYS[1], SEAL, 'doubted') end
