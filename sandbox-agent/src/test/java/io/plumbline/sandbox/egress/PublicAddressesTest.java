package io.plumbline.sandbox.egress;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PublicAddressesTest {
    @ParameterizedTest
    @ValueSource(strings = {"1.1.1.1", "93.184.215.14", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"})
    void allowsPublicAddresses(String address) {
        assertThat(PublicAddresses.allows(InetAddress.ofLiteral(address), false))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "10.1.2.3",
                "172.16.0.1",
                "172.31.255.255",
                "192.168.1.1",
                "100.64.0.1",
                "::1",
                "fd00::1"
            })
    void allowsOnesOwnNetworkOnlyWhenTheRuleSaysSo(String address) {
        assertThat(PublicAddresses.allows(InetAddress.ofLiteral(address), false))
                .isFalse();
        assertThat(PublicAddresses.allows(InetAddress.ofLiteral(address), true)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "169.254.169.254",
                "224.0.0.1",
                "240.0.0.1",
                "255.255.255.255",
                "192.0.0.1",
                "192.0.2.1",
                "198.18.0.1",
                "198.51.100.1",
                "203.0.113.1",
                "192.88.99.1",
                "::",
                "fe80::1",
                "fec0::1",
                "ff02::1",
                "64:ff9b::7f00:1",
                "2002:7f00:1::1",
                "2001:0:1::1",
                "2001:db8::1",
                "::ffff:169.254.169.254"
            })
    void allowsTheseNever(String address) {
        assertThat(PublicAddresses.allows(InetAddress.ofLiteral(address), true)).isFalse();
    }
}
