package io.plumbline.console.search;

import java.util.List;

/**
 * Hosts of a tenant.
 *
 * @param rows by name, at most {@link EveryHost#MAX}; of more those that were heard least recently
 * @param isCut whether there are more
 */
public record HostList(List<HostRow> rows, boolean isCut) {
    public static final HostList EMPTY = new HostList(List.of(), false);
}
