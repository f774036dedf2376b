package io.plumbline.sandbox.session;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.sandbox.session.FileEdit.Effect;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What Claude Code's {@code NotebookEdit} makes of a Jupyter notebook: one cell is replaced, put in behind another, or removed. Notebooks are
 * compared as JSON, whatever its layout; of the cell that is edited its type and source, and of all else what is not empty: outputs and number
 * are the agent's to clear, and where there is no id one is its to make.
 */
final class Notebook {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final String CELLS = "cells";
    private static final String SOURCE = "source";
    private static final String TYPE = "cell_type";
    private static final String ID = "id";

    /** What is the agent's to clear, or to leave, in the cell that it edits. */
    private static final Set<String> CLEARED = Set.of("outputs", "execution_count");

    /** How cells without an id are named, by their number. */
    private static final String NUMBERED = "cell-";

    /** Whole numbers up to here are the same in every JSON reader. */
    private static final double EXACT = 1L << 53;

    private static final Set<String> KNOWN =
            Set.of("notebook_path", "file_path", "cell_id", "new_source", TYPE, "edit_mode");

    private Notebook() {}

    /** What is left of a notebook; not known where that is not sure. */
    static Effect edited(JsonNode arguments, FileContent before) {
        for (Iterator<String> names = arguments.fieldNames(); names.hasNext(); ) {
            if (!KNOWN.contains(names.next())) {
                return unknown("unknown-argument");
            }
        }
        if (!before.unknown().isEmpty()) {
            return unknown(before.unknown());
        }
        Optional<ObjectNode> read = before.text().flatMap(Notebook::read);
        if (read.isEmpty()) {
            return unknown("notebook");
        }
        ArrayNode cells = (ArrayNode) read.get().path(CELLS);
        String id = arguments.path("cell_id").asText("");
        List<Integer> named = named(cells, id);
        if (named.size() > 1) {
            return unknown("ambiguous");
        }
        int at = named.isEmpty() ? -1 : named.getFirst();
        String source = arguments.path("new_source").asText("");
        String type = arguments.path(TYPE).asText("");
        boolean inserts = arguments.path("edit_mode").asText("replace").equals("insert");
        if (at < 0 && !(inserts && id.isEmpty())) {
            return unknown("not-found");
        }
        return switch (arguments.path("edit_mode").asText("replace")) {
            case "replace" -> {
                ObjectNode cell = (ObjectNode) cells.get(at);
                cell.put(SOURCE, source)
                        .put(TYPE, type.isEmpty() ? cell.path(TYPE).asText() : type);
                yield effect(read.get(), at);
            }
            case "insert" -> {
                cells.insert(at + 1, NODES.objectNode().put(SOURCE, source).put(TYPE, type));
                yield type.isEmpty() ? unknown("unreadable-arguments") : effect(read.get(), at + 1);
            }
            case "delete" -> {
                cells.remove(at);
                yield effect(read.get(), -1);
            }
            default -> unknown("unreadable-arguments");
        };
    }

    private static Effect unknown(String why) {
        return Effect.of(FileContent.unknown(why));
    }

    private static Effect effect(ObjectNode after, int edited) {
        ObjectNode was = edited < 0
                ? NODES.objectNode()
                : (ObjectNode) sorted(after.path(CELLS).get(edited));
        return new Effect(written(after, edited, was), content -> content.text()
                .flatMap(Notebook::read)
                .map(notebook -> written(notebook, edited, was))
                .orElse(content));
    }

    /** Empty when the text is no notebook of cells. */
    private static Optional<ObjectNode> read(String text) {
        try {
            return JSON.readTree(text) instanceof ObjectNode notebook
                            && notebook.path(CELLS) instanceof ArrayNode cells
                            && cells.valueStream().allMatch(JsonNode::isObject)
                    ? Optional.of(notebook)
                    : Optional.empty();
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static List<Integer> named(ArrayNode cells, String id) {
        List<Integer> found = new ArrayList<>();
        for (int i = 0; i < cells.size() && !id.isEmpty(); i++) {
            JsonNode own = cells.get(i).path(ID);
            if (own.isTextual() ? own.textValue().equals(id) : id.equals(NUMBERED + i)) {
                found.add(i);
            }
        }
        return found;
    }

    /**
     * @param edited number of the cell of which type, source and what is new beside them count; -1: none
     * @param was that cell, where only type and source may be others than before
     */
    private static FileContent written(ObjectNode notebook, int edited, ObjectNode was) {
        ObjectNode sorted = (ObjectNode) sorted(notebook);
        ArrayNode cells = (ArrayNode) sorted.path(CELLS);
        for (int i = 0; i < cells.size(); i++) {
            ObjectNode cell = (ObjectNode) cells.get(i);
            if (i == edited) {
                cell.remove(clearedOrKept(cell, was));
            }
            if (cell.path(SOURCE) instanceof ArrayNode lines) {
                StringBuilder source = new StringBuilder();
                lines.forEach(line -> source.append(line.asText()));
                cell.put(SOURCE, source.toString());
            }
        }
        return FileContent.of(sorted.toString());
    }

    private static List<String> clearedOrKept(ObjectNode cell, ObjectNode was) {
        List<String> names = new ArrayList<>();
        cell.fieldNames().forEachRemaining(name -> {
            JsonNode value = cell.path(name);
            boolean empty = value.isNull() || value.isContainerNode() && value.isEmpty();
            boolean beside = !name.equals(TYPE) && !name.equals(SOURCE);
            boolean made = name.equals(ID) && !was.has(ID);
            boolean left = CLEARED.contains(name) && value.equals(was.path(name));
            if (beside && (empty || made || left)) {
                names.add(name);
            }
        });
        return names;
    }

    /** With keys in their order, and numbers as they are read by everybody. */
    private static JsonNode sorted(JsonNode node) {
        if (node instanceof ObjectNode object) {
            ObjectNode sorted = NODES.objectNode();
            Set<String> names = new TreeSet<>();
            object.fieldNames().forEachRemaining(names::add);
            names.forEach(name -> sorted.set(name, sorted(object.path(name))));
            return sorted;
        }
        if (node instanceof ArrayNode array) {
            ArrayNode sorted = NODES.arrayNode(array.size());
            array.forEach(element -> sorted.add(sorted(element)));
            return sorted;
        }
        if (node.isNumber()) {
            double value = node.doubleValue();
            return value == Math.rint(value) && Math.abs(value) < EXACT
                    ? NODES.numberNode((long) value)
                    : NODES.numberNode(value);
        }
        return node;
    }
}
