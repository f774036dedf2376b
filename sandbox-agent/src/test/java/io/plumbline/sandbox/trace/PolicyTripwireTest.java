package io.plumbline.sandbox.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyTripwireTest {
    private static final String DECOY = "/home/agent/.ssh/id_rsa";

    private final List<String> frozen = new ArrayList<>();
    private final PolicyTripwire tripwire = new PolicyTripwire(Set.of(DECOY), () -> true, true, reason -> {
        frozen.add(reason);
        return cause -> {};
    });

    private static TraceDatagrams open(String cwd, long directory, String directoryPath, String path) {
        return TraceDatagrams.message()
                .nested(1, TraceDatagrams.message().number(1, 1000).number(4, 7).text(8, cwd))
                .number(4, directory)
                .text(5, directoryPath)
                .text(6, path);
    }

    @ParameterizedTest
    @CsvSource({
        "/, -100, '', /home/agent/.ssh/id_rsa, true",
        "/home/agent/.ssh, -100, '', id_rsa, true",
        "/home/agent, -100, '', ./.ssh/../.ssh//id_rsa, true",
        "/, 5, /home/agent/.ssh, id_rsa, true",
        "/, -100, '', /proc/self/root/home/agent/.ssh/id_rsa, true",
        "/, -100, '', /proc/1/root/home/agent/.ssh/id_rsa, true",
        "/home/agent/.ssh, -100, '', /proc/self/cwd/id_rsa, true",
        "/workspace, -100, '', /proc/self/cwd/../home/agent/.ssh/id_rsa, true",
        "/, -100, '', /proc/self/root/../home/agent/.ssh/id_rsa, true",
        "/, -100, '', //home/agent/.ssh/id_rsa, true",
        "/workspace, -100, '', id_rsa, false",
        "/, -100, '', /home/agent/.ssh/id_rsa.pub, false",
        "/, -100, '', /workspace/home/agent/.ssh/id_rsa, false",
        "/home/agent/.ssh/id_rsa, -100, '', /etc/passwd, false",
    })
    void isHitByTheDecoyWhateverItIsCalledAndByNothingElse(
            String cwd, long directory, String directoryPath, String path, boolean hit) {
        byte[] message = open(cwd, directory, directoryPath, path).datagram(7, 0);
        assertThat(tripwire.look(message).isPresent()).isEqualTo(hit);
        assertThat(frozen).hasSize(hit ? 1 : 0);
    }

    @Test
    void letsLooksPassThatReadNothing() {
        TraceDatagrams named = open("/", -100, "", DECOY).number(7, 0x288000);
        assertThat(tripwire.look(named.datagram(7, 0))).isEmpty();
        TraceDatagrams failed = open("/", -100, "", DECOY).exit(-1, 13);
        assertThat(tripwire.look(failed.datagram(7, 0))).isEmpty();
        assertThat(tripwire.look(open("/", -100, "", DECOY).datagram(11, 0))).isEmpty();
        assertThat(tripwire.look(new byte[] {1, 2})).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "02000050a9fea9fe0000000000000000, true",
        "0a000050000000000000000000000000000000000000ffffa9fea9fe00000000, false",
        "0a0000500000000000000000000000000000ffffa9fea9fe00000000, true",
        "0a00005000000000fd000ec200000000000000000000025400000000, true",
        "0200a9fea9fe00010000000000000000, false",
        "02000050080808080000000000000000, false",
    })
    void isHitByAConnectionToTheMetadataService(String address, boolean hit) {
        byte[] message = TraceDatagrams.inContext()
                .bytes(6, HexFormat.of().parseHex(address))
                .exit(-1, 115)
                .datagram(10, 0);
        assertThat(tripwire.look(message).isPresent()).isEqualTo(hit);
    }

    @ParameterizedTest
    @CsvSource({
        "161, 0, 0, chroot",
        "155, 0, 0, pivot_root",
        "165, 4096, 0, mount",
        // Bound and made private at once; a bind with the magic of old; that magic alone; mounted anew and shared.
        "165, 266240, 0, mount",
        "165, 3236761600, 0, mount",
        "165, 3236757504, 0, mount",
        "165, 1048608, 0, mount",
        "161, 0, 1, ''",
        "165, 278528, 0, ''",
        "105, 0, 0, ''",
    })
    void isHitByWhatGivesADecoyAnotherName(long number, long flags, long error, String name) {
        byte[] message = TraceDatagrams.inContext()
                .exit(0, error)
                .number(4, number)
                .number(8, flags)
                .datagram(6, 0);
        assertThat(tripwire.look(message).isPresent()).isEqualTo(!name.isEmpty());
        assertThat(frozen).isEqualTo(name.isEmpty() ? List.of() : List.of("tripwire honeytoken: hidden by " + name));
        Tripwire withoutDecoys = new PolicyTripwire(Set.of(), () -> true, true, reason -> cause -> {});
        assertThat(withoutDecoys.look(message)).isEmpty();
    }

    @Test
    void whatGivesADecoyAnotherNameIsHeldAgainstThePolicyInForce() {
        AtomicBoolean hiding = new AtomicBoolean();
        Tripwire revised = new PolicyTripwire(Set.of(DECOY), hiding::get, true, reason -> cause -> {});
        byte[] chroot = TraceDatagrams.inContext().exit(0, 0).number(4, 161).datagram(6, 0);

        assertThat(revised.look(chroot)).isEmpty();
        hiding.set(true);
        assertThat(revised.look(chroot)).isPresent();
    }

    @Test
    void leavesTheMetadataServiceToOthersWhenToldSo() {
        PolicyTripwire decoys = new PolicyTripwire(Set.of(DECOY), () -> true, false, reason -> cause -> {});
        byte[] message = TraceDatagrams.inContext()
                .bytes(6, HexFormat.of().parseHex("02000050a9fea9fe0000000000000000"))
                .datagram(10, 0);
        assertThat(decoys.look(message)).isEmpty();
    }
}
