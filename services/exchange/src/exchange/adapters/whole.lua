-- Whether the keys of a shard belong together; stands in front of every script that writes to them.
-- KEYS: the meta hash, then every other hash of the shard.
--
-- The seal is a digest of all that meta says, how many fields each hash has included, and every hash bears the seal of
-- the last commit. So a key that is lost, of another type, or of another moment than the rest is told, and so is a
-- field that is lost, or one of meta's that was altered. (A value that was altered says so itself, by its checksum.)
local SEAL = '\0seal' -- no id holds a control character

local function meta()
  local held = {}
  local names = redis.call('HKEYS', KEYS[1])
  for _, name in ipairs(names) do held[name] = redis.call('HGET', KEYS[1], name) end
  return held
end

local function seal_of(held)
  local digests = {}
  for name, value in pairs(held) do
    if name ~= SEAL then table.insert(digests, redis.sha1hex(#name .. ':' .. name .. value)) end
  end
  table.sort(digests) -- of digests, not of names: how those are sorted depends on the server's locale
  return redis.sha1hex(table.concat(digests))
end

local function called(key) return string.match(key, '}:(.*)$') end

-- Nothing, or what is wrong and what the store holds there.
local function fault()
  for _, key in ipairs(KEYS) do
    local kind = redis.call('TYPE', key).ok
    if kind ~= 'none' and kind ~= 'hash' then return 'type of ' .. key, kind end
  end
  local held = meta()
  local empty = next(held) == nil
  if not empty and held[SEAL] ~= seal_of(held) then return 'meta', 'not what was written' end
  for k = 2, #KEYS do
    local what, fields = called(KEYS[k]), redis.call('HLEN', KEYS[k])
    if empty then
      if fields > 0 then return what, fields .. ' fields without a meta' end
    else
      local written = held['fields:' .. what]
      if written == nil then return what, 'was never written' end
      if fields == 0 then return what, 'nothing, of ' .. written .. ' fields' end
      if redis.call('HGET', KEYS[k], SEAL) ~= held[SEAL] then return what, 'another moment' end
      if tostring(fields - 1) ~= written then return what, (fields - 1) .. ' of ' .. written .. ' fields' end
    end
  end
end
