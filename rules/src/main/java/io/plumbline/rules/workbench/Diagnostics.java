package io.plumbline.rules.workbench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.rules.Position;
import io.plumbline.rules.RuleSource;
import java.util.List;

/**
 * Remarks as an editor takes them: for each source the parameters of {@code textDocument/publishDiagnostics} of the Language
 * Server Protocol 3.17. Lines and characters count from 0; characters are UTF-16 code units.
 */
public final class Diagnostics {
    private Diagnostics() {}

    /** One object for each source, also for one without remarks, whose old ones an editor then removes. */
    public static List<ObjectNode> render(List<RuleSource> sources, List<Remark> remarks) {
        return sources.stream().map(source -> render(source, remarks)).toList();
    }

    private static ObjectNode render(RuleSource source, List<Remark> remarks) {
        ObjectNode file = JsonNodeFactory.instance.objectNode().put("uri", SourceUri.absolute(source.name()));
        ArrayNode list = file.putArray("diagnostics");
        List<String> lines = source.text().lines().toList();
        for (Remark remark : remarks) {
            if (!remark.position().source().equals(source.name())) {
                continue;
            }
            ObjectNode diagnostic = list.addObject();
            ObjectNode range = diagnostic.putObject("range");
            place(range.putObject("start"), remark.position(), lines);
            place(range.putObject("end"), remark.end(), lines);
            diagnostic
                    .put("severity", remark.severity().ordinal() + 1)
                    .put("code", remark.check().id())
                    .put("source", "plumbline")
                    .put("message", remark.text());
        }
        return file;
    }

    private static void place(ObjectNode node, Position position, List<String> lines) {
        int line = position.line() - 1;
        String text = line < lines.size() ? lines.get(line) : "";
        int points = Math.min(position.column() - 1, text.codePointCount(0, text.length()));
        node.put("line", line).put("character", text.offsetByCodePoints(0, points));
    }
}
