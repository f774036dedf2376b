package io.plumbline.sandbox.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RightsTest {
    @ParameterizedTest
    @CsvSource({
        "0, '         0          0 4294967295', ROOT",
        "0, '         0       4321          1', NAMESPACE",
        "0, '         0          0          1', NAMESPACE",
        "0, '', NAMESPACE",
        "1000, '         0          0 4294967295', NONE",
        "4321, '      4321       4321          1', NONE"
    })
    void onlyUser0OfTheFirstNamespaceIsRoot(int uid, String uidMap, Rights expected) {
        assertThat(Rights.of(uid, uidMap)).isEqualTo(expected);
    }
}
