package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.standalone.Printable;
import java.io.PrintWriter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What a command prints: lines for people, or with {@code --json} an object for each of them. */
final class Answers {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Longest line for people, characters. */
    private static final int MAX_LINE = 400;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--json", description = "Print JSON objects, one per line, in place of text.")
    private boolean json;

    /** An object to be filled. */
    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    /** The same in both forms. The line is made fit for a terminal, the object is not. */
    void tell(ObjectNode object, String line) {
        println(json ? object.toString() : Printable.line(line, MAX_LINE));
    }

    /** For people only. */
    void line(String line) {
        if (!json) {
            println(Printable.line(line, MAX_LINE));
        }
    }

    /** For people only: lines of the program's own making, as they are. */
    void text(String lines) {
        if (!json) {
            println(lines);
        }
    }

    /** For programs only. */
    void object(ObjectNode object) {
        if (json) {
            println(object.toString());
        }
    }

    private void println(String line) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(line);
        out.flush();
    }
}
