-- The end of a commit, in the same transaction: count the fields of every hash, and leave the seal of it all on each.
-- KEYS: as in whole.lua.
-- Answers the fields of meta that were made here (name, value ...).
local made = {}
for k = 2, #KEYS do
  redis.call('HSET', KEYS[k], SEAL, '') -- so that it is counted, the first time too
  local name, fields = 'fields:' .. called(KEYS[k]), tostring(redis.call('HLEN', KEYS[k]) - 1)
  redis.call('HSET', KEYS[1], name, fields)
  table.insert(made, name)
  table.insert(made, fields)
end
local seal = seal_of(meta())
for k = 1, #KEYS do redis.call('HSET', KEYS[k], SEAL, seal) end
table.insert(made, SEAL)
table.insert(made, seal)
return made
