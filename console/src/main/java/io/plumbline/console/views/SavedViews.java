package io.plumbline.console.views;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Named addresses of the queue in one JSON file. A person sees the own views and those that others share, changes only the own. Without
 * a file views last until the console stops. At most {@link #MAX_VIEWS}.
 */
public final class SavedViews {
    public static final int MAX_VIEWS = 500;
    public static final int MAX_NAME = 60;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Optional<Path> file;
    private final List<View> views = new ArrayList<>();

    /** @param address the part of an address after the question mark */
    public record View(String name, String owner, boolean shared, String address) {}

    /** @throws IOException when the file is there and is no list of views */
    public SavedViews(Optional<Path> file) throws IOException {
        this.file = file;
        if (file.isPresent() && Files.exists(file.get())) {
            try {
                views.addAll(List.of(JSON.readValue(file.get().toFile(), View[].class)));
            } catch (JsonProcessingException e) {
                throw new IOException("plumbline.views-file: " + file.get() + " (expected: a list of views)", e);
            }
        }
    }

    /** The own ones first, then shared ones of others, each by name. */
    public synchronized List<View> of(String person) {
        return views.stream()
                .filter(view -> view.owner().equals(person) || view.shared())
                .sorted(java.util.Comparator.comparing(
                                (View view) -> !view.owner().equals(person))
                        .thenComparing(View::name))
                .toList();
    }

    /** Keeps the view, in place of the owner's view of that name. Answers with what was wrong, or an empty text. */
    public synchronized String save(View view) throws IOException {
        if (view.name().isBlank() || view.name().length() > MAX_NAME) {
            return "A name of 1 to " + MAX_NAME + " characters is needed.";
        }
        List<View> changed = without(view.owner(), view.name());
        if (changed.size() >= MAX_VIEWS) {
            return "There are " + MAX_VIEWS + " views already.";
        }
        changed.add(view);
        keep(changed);
        return "";
    }

    public synchronized void remove(String owner, String name) throws IOException {
        keep(without(owner, name));
    }

    private List<View> without(String owner, String name) {
        List<View> others = new ArrayList<>(views);
        others.removeIf(view -> view.owner().equals(owner) && view.name().equals(name));
        return others;
    }

    private void keep(List<View> changed) throws IOException {
        if (file.isPresent()) {
            Path fresh = file.get().resolveSibling(file.get().getFileName() + ".new");
            Files.write(fresh, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(changed));
            Files.move(fresh, file.get(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        views.clear();
        views.addAll(changed);
    }
}
