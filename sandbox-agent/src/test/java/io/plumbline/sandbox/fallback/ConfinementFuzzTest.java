package io.plumbline.sandbox.fallback;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Whatever stands in a file of the kernel, whose names others choose, it is read or passed over. */
class ConfinementFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void readsOrPassesOver(byte[] bytes) {
        read(new String(bytes, StandardCharsets.ISO_8859_1));
    }

    @Test
    void survivesEveryPartOfALineBeingMissing() {
        String good = "18 10 8:1 /a\\040b /work\\134space rw,nosuid master:1 - ext4 /dev/vda rw";
        for (int from = 0; from < good.length(); from++) {
            for (int to = from; to <= good.length(); to++) {
                read(good.substring(0, from) + good.substring(to));
            }
        }
    }

    private static void read(String text) {
        if (Confinement.MountLine.parse(text)
                        .filter(line -> line.place() == null)
                        .isPresent()
                || ConfinementReader.status(text) == null
                || ConfinementReader.openFiles("Max open files" + text) == null
                || ConfinementReader.interfaces("\n\n" + text) == null
                || ConfinementReader.environment(text) == null) {
            throw new AssertionError("nothing where something was expected");
        }
    }
}
