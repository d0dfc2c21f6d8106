-- Whether a commit may be made: the keys of the shard belong together, and every watermark is as expected.
-- Whoever asks watches the keys, so that what is said here still holds when the commit is written (`resp.Watched`).
-- KEYS: as in whole.lua.
-- ARGV: watermarks (field, expected or "") ...
-- Answers 1, or 0, what is not as expected, what is there.
local what, there = fault()
if what then return {0, what, there} end
for at = 1, #ARGV, 2 do
  local held = redis.call('HGET', KEYS[1], ARGV[at]) or ''
  if ARGV[at + 1] ~= '*' and held ~= ARGV[at + 1] then return {0, ARGV[at], held} end
end
return {1}
