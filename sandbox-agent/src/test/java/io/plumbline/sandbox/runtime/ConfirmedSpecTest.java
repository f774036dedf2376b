package io.plumbline.sandbox.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfirmedSpecTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** As a bundle asks, and as runsc 20240729 keeps it: absolute sources, empty sets left out. */
    private static final String ASKED = """
            {"process": {"args": ["/bin/true"], "user": {"uid": 1000, "gid": 1000}, "noNewPrivileges": true, "terminal": false,
              "capabilities": {"bounding": [], "effective": []}, "rlimits": [{"type": "RLIMIT_CORE", "hard": 0, "soft": 0}]},
             "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
              {"destination": "/workspace", "type": "bind", "source": "/srv/w", "options": ["rbind", "ro"]}],
             "root": {"path": "/srv/r", "readonly": true},
             "linux": {"namespaces": [{"type": "pid"}, {"type": "network"}]}}""";

    private static final String HELD = """
            {"process": {"args": ["/bin/true"], "user": {"uid": 1000, "gid": 1000}, "noNewPrivileges": true,
              "capabilities": {}, "rlimits": [{"type": "RLIMIT_CORE", "hard": 0, "soft": 0}]},
             "mounts": [{"destination": "/proc", "type": "proc", "source": "/bundle/proc"},
              {"destination": "/workspace", "type": "bind", "source": "/srv/w", "options": ["rbind", "ro"]}],
             "root": {"path": "/srv/r", "readonly": true},
             "linux": {"cgroupsPath": "/x", "namespaces": [{"type": "network", "path": "/proc/1/ns/net"}, {"type": "pid"}]}}""";

    @Test
    void takesWhatTheRuntimeWritesInItsOwnWords() throws Exception {
        assertThat(ConfirmedSpec.difference(read(ASKED), read(HELD))).isEmpty();
    }

    @Test
    void namesAMountThatIsNotAsAsked() throws Exception {
        JsonNode held = read(HELD.replace("\"ro\"", "\"rw\""));

        assertThat(ConfirmedSpec.difference(read(ASKED), held)).hasValueSatisfying(difference -> assertThat(difference)
                .startsWith("mounts: ")
                .contains("\"rw\"")
                .contains("expected: ")
                .contains("\"ro\""));
    }

    @Test
    void namesAMountThatIsMissing() throws Exception {
        ObjectNode held = (ObjectNode) read(HELD);
        held.withArray("/mounts").remove(1);

        assertThat(ConfirmedSpec.difference(read(ASKED), held)).isPresent();
    }

    @Test
    void namesAPrivilegeThatWasAdded() throws Exception {
        JsonNode held =
                read(HELD.replace("\"capabilities\": {}", "\"capabilities\": {\"effective\": [\"CAP_SYS_ADMIN\"]}"));

        assertThat(ConfirmedSpec.difference(read(ASKED), held))
                .hasValueSatisfying(difference -> assertThat(difference).contains("CAP_SYS_ADMIN"));
    }

    @ParameterizedTest
    @CsvSource({
        "'\"readonly\": true', '\"readonly\": false', root: ",
        "'/srv/r', '/', root: ",
        "'{\"type\": \"network\", \"path\": \"/proc/1/ns/net\"}, ', '', linux.namespaces: ",
    })
    void namesARootOrANamespaceThatIsNotAsAsked(String asked, String instead, String part) throws Exception {
        JsonNode held = read(HELD.replace(asked, instead));

        assertThat(ConfirmedSpec.difference(read(ASKED), held))
                .hasValueSatisfying(difference -> assertThat(difference).startsWith(part));
    }

    @Test
    void namesAPolicyThatTheRuntimeDoesNotTellOf() throws Exception {
        assertThat(ConfirmedSpec.difference(read(ASKED), read("{}"))).isPresent();
    }

    private static JsonNode read(String json) throws Exception {
        return JSON.readTree(json);
    }
}
