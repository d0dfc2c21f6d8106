package driveline.peer;

import java.io.DataOutputStream;
import java.io.IOException;

/** The live cells of one task. */
interface Entries {
    /** Put an entry into its cells, or take exactly that entry out again. */
    void fold(int contributor, int cents, int zip, int role, int shopType, int exp, int planCode, int sizeCode, int levelCode,
            boolean removes);

    /** Every cell that holds an entry: its filters, contributors, entries, the largest contributor's, and the sum of cents. */
    void dump(DataOutputStream out) throws IOException;
}
