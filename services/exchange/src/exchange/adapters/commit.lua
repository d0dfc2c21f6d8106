-- One commit of one shard: compare every expected watermark by equality, then write everything, or write nothing.
-- Redis does not roll a script back, so every check stands before the first write.
-- KEYS: the meta hash, then the hashes to write.
-- ARGV: how many watermarks; that many (field, expected or "", new); then for each further key: how many fields, and
-- that many (field, value).
local function refuse(what, held) return {0, what, held} end

for _, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key).ok
  if kind ~= 'none' and kind ~= 'hash' then return refuse('type of ' .. key, kind) end
end
local watermarks = tonumber(ARGV[1])
local at = 2
for _ = 1, watermarks do
  local held = redis.call('HGET', KEYS[1], ARGV[at]) or ''
  if ARGV[at + 1] ~= '*' and held ~= ARGV[at + 1] then return refuse(ARGV[at], held) end
  at = at + 3
end

at = 2
for _ = 1, watermarks do
  redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 2])
  at = at + 3
end
for k = 2, #KEYS do
  local last = at + 2 * tonumber(ARGV[at])
  at = at + 1
  while at <= last do
    -- unpack is bounded by Lua's C stack, a few thousand values
    local upto = math.min(at + 1999, last)
    redis.call('HSET', KEYS[k], unpack(ARGV, at, upto))
    at = upto + 1
  end
end
return {1}
