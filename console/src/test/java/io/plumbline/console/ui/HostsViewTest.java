package io.plumbline.console.ui;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.console.search.HostList;
import io.plumbline.console.search.HostRow;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HostsViewTest {
    @Test
    void aHostIsGoneOnlyWhereTheListHasAllOfThem() {
        HostRow host = new HostRow(
                "host-1", Optional.empty(), Optional.empty(), List.of(), 0, 0, 0, 0, 0, 0, Optional.empty());
        HostsView.Line last = new HostsView.Line(host, "never", true, false, false, false, "");

        assertThat(HostsView.departed(last, false)).matches(HostsView.Line::gone, "gone");
        assertThat(HostsView.departed(last, true))
                .matches(HostsView.Line::old, "not known")
                .matches(line -> !line.gone() && !line.silent(), "neither gone nor silent");
    }

    @Test
    void ofAListThatIsCutNobodyIsToldThatAllAreHeard() {
        assertThat(HostsView.told(new HostList(List.of(), false), 0)).isEqualTo("0, all heard");
        assertThat(HostsView.told(new HostList(List.of(), false), 2)).isEqualTo("0, 2 silent");
        assertThat(HostsView.told(new HostList(List.of(), true), 0))
                .isEqualTo("only 0 of the hosts: of these all heard, more are not listed");
    }
}
