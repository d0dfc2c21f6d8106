-- Take all keys of a shard away, unless somebody else has made it whole meanwhile: 1 if they are gone.
-- KEYS: as in whole.lua.  ARGV: the seal of a shard that is whole and yet of no use; "" for one that is not whole.
if not fault() and meta()[SEAL] ~= ARGV[1] then return 0 end
redis.call('UNLINK', unpack(KEYS))
return 1
