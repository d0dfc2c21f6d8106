-- One commit of one shard: compare every expected watermark by equality, then write everything, or write nothing.
-- Redis does not roll a script back, so every check stands before the first write.
-- KEYS: as in whole.lua.
-- ARGV: how many watermarks; that many (field, expected or "", new); then for each further key: how many fields, and
-- that many (field, value).
-- Answers 1 and the fields of meta that were made here (name, value ...), or 0, what is not as expected, what is there.
local what, there = fault()
if what then return {0, what, there} end
local watermarks = tonumber(ARGV[1])
local at = 2
for _ = 1, watermarks do
  local held = redis.call('HGET', KEYS[1], ARGV[at]) or ''
  if ARGV[at + 1] ~= '*' and held ~= ARGV[at + 1] then return {0, ARGV[at], held} end
  at = at + 3
end

at = 2
for _ = 1, watermarks do
  redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 2])
  at = at + 3
end
local made = {1}
for k = 2, #KEYS do
  local last = at + 2 * tonumber(ARGV[at])
  at = at + 1
  while at <= last do
    -- unpack is bounded by Lua's C stack, a few thousand values
    local upto = math.min(at + 1999, last)
    redis.call('HSET', KEYS[k], unpack(ARGV, at, upto))
    at = upto + 1
  end
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
