package io.plumbline.rules.workbench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
        run.put("columnKind", "unicodeCodePoints");
        ArrayNode rules = driver.putArray("rules");
        for (Check check : Check.values()) {
            ObjectNode rule = rules.addObject().put("id", check.id());
            rule.putObject("shortDescription").put("text", check.meaning());
            rule.putObject("defaultConfiguration").put("level", check.severity().word());
        }
        ArrayNode results = run.putArray("results");
        for (Remark remark : remarks) {
            ObjectNode result = results.addObject()
                    .put("ruleId", remark.check().id())
                    .put("level", remark.severity().word());
            result.putObject("message").put("text", remark.text());
            ObjectNode place = result.putArray("locations").addObject().putObject("physicalLocation");
            place.putObject("artifactLocation")
                    .put("uri", SourceUri.reference(remark.position().source()));
            place.putObject("region")
                    .put("startLine", remark.position().line())
                    .put("startColumn", remark.position().column())
                    .put("endColumn", remark.end().column());
        }
        return log;
    }
}
