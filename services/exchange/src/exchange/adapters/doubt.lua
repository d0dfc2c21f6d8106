-- Break the seal of a shard, unless somebody has committed to it since: it is made again by whoever loads it next. 1 if it is broken.
-- KEYS: as in whole.lua.  ARGV: the seal that is not believed any more.
if fault() or meta()[SEAL] ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], SEAL, 'doubted')
return 1
