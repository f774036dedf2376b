package io.plumbline.rules.workbench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.rules.workbench.Lint.Check;
import io.plumbline.rules.workbench.Lint.Remark;
import java.util.List;

/** Remarks as SARIF 2.1.0 (OASIS), which code hosts show beside the lines. */
public final class Sarif {
    private Sarif() {}

    /** One run with all checks as rules. */
    public static ObjectNode render(List<Remark> remarks) {
        ObjectNode log = JsonNodeFactory.instance
                .objectNode()
                .put("$schema", "https://json.schemastore.org/sarif-2.1.0.json")
                .put("version", "2.1.0");
        ObjectNode run = log.putArray("runs").addObject();
        ObjectNode driver = run.putObject("tool").putObject("driver").put("name", "plumbline rules lint");
        ArrayNode rules = driver.putArray("rules");
        for (Check check : Check.values()) {
            rules.addObject()
                    .put("id", check.id())
                    .putObject("shortDescription")
                    .put("text", check.meaning());
        }
        ArrayNode results = run.putArray("results");
        for (Remark remark : remarks) {
            ObjectNode result =
                    results.addObject().put("ruleId", remark.check().id()).put("level", level(remark));
            result.putObject("message").put("text", remark.text());
            ObjectNode place = result.putArray("locations").addObject().putObject("physicalLocation");
            place.putObject("artifactLocation").put("uri", remark.position().source());
            place.putObject("region")
                    .put("startLine", remark.position().line())
                    .put("startColumn", remark.position().column());
        }
        return log;
    }

    private static String level(Remark remark) {
        return switch (remark.severity()) {
            case ERROR -> "error";
            case WARNING -> "warning";
            case NOTE -> "note";
        };
    }
}
