package io.plumbline.rules.workbench;

import io.plumbline.rules.RuleException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Results of cases as the JUnit XML that build servers read: a suite for each file of rules, a test case for each case. */
public final class JUnitReport {
    private final List<Suite> suites = new ArrayList<>();

    private record Suite(String name, List<RuleCases.Result> results, String refused) {
        long failures() {
            return results.stream().filter(result -> !result.passed()).count();
        }
    }

    /** A file whose cases were run. */
    public void ran(String file, List<RuleCases.Result> results) {
        suites.add(new Suite(file, List.copyOf(results), ""));
    }

    /** A file that could not be run. */
    public void refused(String file, RuleException problem) {
        suites.add(new Suite(file, List.of(), String.valueOf(problem.getMessage())));
    }

    /** The document. Characters that XML has no place for are replaced. */
    public String render() {
        StringWriter text = new StringWriter();
        try {
            XMLStreamWriter xml = XMLOutputFactory.newInstance().createXMLStreamWriter(text);
            xml.writeStartDocument("UTF-8", "1.0");
            xml.writeStartElement("testsuites");
            for (Suite suite : suites) {
                write(xml, suite);
            }
            xml.writeEndElement();
            xml.writeEndDocument();
            xml.close();
        } catch (XMLStreamException e) {
            throw new IllegalStateException(e);
        }
        return text.append('\n').toString();
    }

    private static void write(XMLStreamWriter xml, Suite suite) throws XMLStreamException {
        boolean refused = !suite.refused().isEmpty();
        xml.writeStartElement("testsuite");
        xml.writeAttribute("name", legal(suite.name()));
        xml.writeAttribute(
                "tests", Integer.toString(refused ? 1 : suite.results().size()));
        xml.writeAttribute("failures", Long.toString(suite.failures()));
        xml.writeAttribute("errors", refused ? "1" : "0");
        if (refused) {
            xml.writeStartElement("testcase");
            xml.writeAttribute("classname", legal(suite.name()));
            xml.writeAttribute("name", "loads");
            xml.writeEmptyElement("error");
            xml.writeAttribute("message", legal(suite.refused()));
            xml.writeEndElement();
        }
        for (RuleCases.Result result : suite.results()) {
            xml.writeStartElement("testcase");
            xml.writeAttribute("classname", legal(result.rule()));
            xml.writeAttribute(
                    "name",
                    (result.expected() ? "match" : "none") + " at line "
                            + result.position().line());
            if (!result.passed()) {
                xml.writeEmptyElement("failure");
                xml.writeAttribute(
                        "message",
                        legal(result.position() + (result.matched() ? " matches" : " does not match") + " (expected: "
                                + (result.expected() ? "a match" : "none") + ")"));
            }
            xml.writeEndElement();
        }
        xml.writeEndElement();
    }

    private static String legal(String text) {
        return text.codePoints()
                .map(c -> c >= ' ' && c != 0xFFFE && c != 0xFFFF && !(c >= 0xD800 && c <= 0xDFFF) ? c : '\uFFFD')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
