package io.plumbline.watcher.deviation;

import io.plumbline.events.policy.Scope;
import io.plumbline.events.v1.AnnouncedAct;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.watcher.footprint.Footprint;
import io.plumbline.watcher.footprint.Footprint.NamedFile;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.Collection;
import java.util.List;

/** Announced calls as the expressions of a policy see them: bounded, and without what the agent says about its reasons. */
final class AnnouncedActs {
    private static final int MAX_ITEMS = 100;
    private static final int MAX_ITEM = 1_024;
    private static final int MAX_TEXT = 8_192;

    private final WatchState.Builder state;

    AnnouncedActs(WatchState.Builder state) {
        this.state = state;
    }

    /** @param scopes that the call falls into and that the policy does not simply allow */
    AnnouncedAct of(ToolCall call, Footprint footprint, Collection<Scope> scopes) {
        Cut cut = new Cut();
        AnnouncedAct.Builder act = AnnouncedAct.newBuilder()
                .setTool(cut.text(call.getTool()))
                .setCommand(cut.text(call.getCommand()))
                .setArguments(cut.text(call.getArgumentsJson()))
                .setCwd(cut.text(call.getCwd()))
                .addAllPrograms(cut.list(footprint.programs().stream().sorted().toList()))
                .addAllReads(cut.list(files(footprint, false)))
                .addAllWrites(cut.list(files(footprint, true)))
                .addAllHosts(cut.list(footprint.namedHosts()))
                .addAllEnvironment(cut.list(footprint.environment().stream()
                        .map(variable -> variable.replaceFirst("(?s)=.*", ""))
                        .distinct()
                        .sorted()
                        .toList()))
                .addAllScopes(scopes.stream().map(Scope::word).sorted().toList())
                .addAllUninspectable(cut.list(
                        footprint.uninspectable().stream().map(Object::toString).toList()))
                .setAgent(state.getAgent())
                .setWorkspace(state.getTask().getWorkspace())
                .setRisk(state.getRisk());
        return act.setCut(cut.happened).build();
    }

    private static List<String> files(Footprint footprint, boolean write) {
        return footprint.files().stream()
                .filter(file -> file.write() == write)
                .map(NamedFile::path)
                .distinct()
                .toList();
    }

    /** Cuts to the limits, and remembers that it did. */
    private static final class Cut {
        private boolean happened;

        String text(String text) {
            return text(text, MAX_TEXT);
        }

        private String text(String text, int limit) {
            happened |= text.length() > limit;
            return text.length() <= limit ? text : text.substring(0, limit);
        }

        List<String> list(List<String> items) {
            happened |= items.size() > MAX_ITEMS;
            return items.stream()
                    .limit(MAX_ITEMS)
                    .map(item -> text(item, MAX_ITEM))
                    .toList();
        }
    }
}
