package driveline.peer;

/** Where an entry's cells lie: a block for each geography and role, and a place in it for each combination of the rest. */
final class Places {
    final int groups, experience, plan, size, level, shop, row, block;

    Places(Tables tables) {
        groups = tables.roles.size() + 1;
        experience = 1;
        plan = experience + tables.experiences.size();
        size = plan + tables.plans.size();
        level = size + tables.sizes.size();
        shop = level + 3;
        row = tables.experiences.size() + 1;
        block = shop + tables.shopTypes.size() * row;
    }
}
