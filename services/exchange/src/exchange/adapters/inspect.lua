-- What meta holds (name, value ...) when the keys of a shard belong together; else 0, what is wrong, what is there.
-- KEYS: as in whole.lua.
local what, there = fault()
if what then return {0, what, there} end
local found = {1}
for name, value in pairs(meta()) do
  table.insert(found, name)
  table.insert(found, value)
end
return found
