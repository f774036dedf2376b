package io.plumbline.console.ui;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.console.search.HostList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HostsViewTest {
    @Test
    void ofAListThatIsCutNobodyIsToldThatAllAreHeard() {
        assertThat(HostsView.told(new HostList(List.of(), false), 0)).isEqualTo("0, all heard");
        assertThat(HostsView.told(new HostList(List.of(), false), 2)).isEqualTo("0, 2 silent");
        assertThat(HostsView.told(new HostList(List.of(), true), 0))
                .isEqualTo("only 0 of the hosts: of these all heard, more are not listed");
    }
}
