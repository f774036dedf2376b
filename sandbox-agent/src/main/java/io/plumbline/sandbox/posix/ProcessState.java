package io.plumbline.sandbox.posix;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What becomes of a process, as proc(5) tells. */
public final class ProcessState {
    private ProcessState() {}

    /**
     * Whether it runs nothing any more, also when nobody has asked for its exit status yet; of one that cannot be looked at that is not
     * known: false.
     *
     * @param folder of the process, or of a thread, below {@code /proc}
     */
    public static boolean ended(Path folder) {
        try {
            // Its name is of any bytes.
            String stat = Files.readString(folder.resolve("stat"), StandardCharsets.ISO_8859_1);
            int state = stat.lastIndexOf(')') + 2;
            return state < stat.length() && "ZX".indexOf(stat.charAt(state)) >= 0;
        } catch (IOException e) {
            return Files.notExists(folder);
        }
    }
}
