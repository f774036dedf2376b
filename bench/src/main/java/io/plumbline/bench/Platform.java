package io.plumbline.bench;

import io.plumbline.events.v1.Event;
import io.plumbline.sandbox.session.RunClient;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.ProcessTree;
import io.plumbline.standalone.RunState;
import io.plumbline.standalone.session.EventFeed;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** The running process tree that is measured; stopped on close when it was started here. */
final class Platform implements AutoCloseable {
    private static final int UNPRIVILEGED = 1000;

    private final Layout layout;
    private final RunState running;
    private final EventFeed feed;
    private final boolean ours;
    private final Thread stop;

    private Platform(Layout layout, RunState running, EventFeed feed, boolean ours) {
        this.layout = layout;
        this.running = running;
        this.feed = feed;
        this.ours = ours;
        this.stop = new Thread(() -> stop(layout));
    }

    /** @param progress gets a line for each part that comes up */
    static Platform open(PrintWriter progress) throws InterruptedException {
        return open(Layout.current(), progress);
    }

    /** Likewise, in a home of its own. */
    static Platform open(Layout layout, PrintWriter progress) throws InterruptedException {
        layout.create();
        boolean ours = RunState.read(layout.runState()).filter(RunState::alive).isEmpty();
        RunState running = ProcessTree.start(layout, 0, 0, progress);
        Platform platform =
                new Platform(layout, running, EventFeed.follow(running.endpoint("broker"), event -> {}), ours);
        if (ours) {
            Runtime.getRuntime().addShutdownHook(platform.stop);
        }
        return platform;
    }

    Layout layout() {
        return layout;
    }

    RunClient host() {
        return new RunClient(Path.of(running.endpoint("host")));
    }

    /** The host's folder for a live session, which names it in a file. */
    Path sandbox(String session) throws IOException {
        try (var folders = Files.newDirectoryStream(layout.hostData().resolve("s"))) {
            for (Path folder : folders) {
                Path mark = folder.resolve("session");
                if (Files.isRegularFile(mark) && Files.readString(mark).equals(session)) {
                    return folder;
                }
            }
        }
        throw new CommandException("no sandbox of session " + session + " on the host");
    }

    long hostPid() {
        return pid("host");
    }

    long pid(String component) {
        return running.children().getOrDefault(component, 0L);
    }

    /** Where a component can be reached. */
    String endpoint(String component) {
        return running.endpoint(component);
    }

    /** What was seen of a session so far. */
    List<Event> events(String session) {
        return feed.of(session);
    }

    /** A new workspace of an unprivileged owner. */
    Path workspace(String name) throws IOException {
        Path parent = Files.createDirectories(layout.home().resolve("bench"));
        Path workspace = Files.createTempDirectory(parent, name + "-");
        Path readme = Files.writeString(workspace.resolve("README.md"), "Nothing of interest.\n");
        Files.setPosixFilePermissions(workspace, PosixFilePermissions.fromString("rwxr-xr-x"));
        if (Integer.valueOf(0).equals(Files.getAttribute(workspace, "unix:uid"))) {
            for (Path file : List.of(readme, workspace)) {
                Files.setAttribute(file, "unix:uid", UNPRIVILEGED);
                Files.setAttribute(file, "unix:gid", UNPRIVILEGED);
            }
        }
        return workspace;
    }

    @Override
    public void close() throws InterruptedException {
        feed.close();
        if (ours) {
            ProcessTree.stop(layout);
            Runtime.getRuntime().removeShutdownHook(stop);
        }
    }

    private static void stop(Layout layout) {
        try {
            ProcessTree.stop(layout);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
