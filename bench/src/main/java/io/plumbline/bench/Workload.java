package io.plumbline.bench;

import java.util.List;

/**
 * Work of the kind that agents' commands do. Both scripts are bash, begin in the workspace, and need no network.
 *
 * @param setup runs natively before each measurement, not measured
 * @param work is what is measured
 */
record Workload(String name, String setup, String work) {
    private static final String SOURCES =
            "mkdir src && for i in $(seq 400); do mkdir -p src/d$((i % 20)); seq $i $((i + 60)) > src/d$((i % 20))/f$i.txt; done";
    private static final String REPOSITORY = SOURCES + "; git init -q . && git add -A"
            + " && git -c user.name=bench -c user.email=bench@example.com commit -q -m all";
    private static final String TREE =
            "mkdir -p tree && for i in $(seq 1500); do mkdir -p tree/d$((i % 50)); seq 40 > tree/d$((i % 50))/f$i.js; done";
    private static final String PYTHON = "python3 -c 'import json, http.client, asyncio, unittest, sqlite3'";

    /** Those on which telemetry is measured, on against off. */
    static final List<Workload> TELEMETRY = List.of(
            new Workload("300 processes", "", "for i in $(seq 300); do /bin/true; done"),
            new Workload(
                    "6 C files compiled",
                    "for i in $(seq 6); do printf '#include <stdio.h>\\n#include <stdlib.h>\\nint f%d(void)"
                            + " { return puts(\"x\"); }\\n' $i > f$i.c; done",
                    "for i in $(seq 6); do gcc -c f$i.c -o f$i.o; done"),
            new Workload("5 git status, 400 files", REPOSITORY, "for i in $(seq 5); do git status > /dev/null; done"),
            new Workload("1,000 files in the workspace", "", files("files", 1000)),
            new Workload("1,000 files in memory", "", files("/tmp/files", 1000)),
            new Workload("3 grep -rn, 400 files", SOURCES, "for i in 1 2 3; do grep -rn 77 src > /dev/null; done"),
            new Workload("3 python starts", "", "for i in 1 2 3; do " + PYTHON + "; done"),
            new Workload("untar, 1,500 files", TREE + "; tar czf tree.tgz tree && rm -r tree", "tar xzf tree.tgz"),
            new Workload("rm -rf, 1,500 files", TREE, "rm -rf tree"),
            new Workload("3 git grep, 400 files", REPOSITORY, "for i in 1 2 3; do git grep -n 77 > /dev/null; done"));

    /** Those on which sandboxes are measured against the bare host. */
    static final List<Workload> SANDBOX = List.of(
            new Workload("git status, 400 files", REPOSITORY, "git status > /dev/null"),
            new Workload(
                    "npm install of 40 local tarballs",
                    """
                    mkdir tars && for i in $(seq 40); do
                      mkdir -p package/lib
                      for j in $(seq 10); do seq 40 > package/lib/m$j.js; done
                      printf '{"name":"p%d","version":"1.0.0"}' $i > package/package.json
                      tar czf tars/p$i.tgz package && rm -r package
                    done
                    mkdir app && echo '{"name":"app","version":"1.0.0"}' > app/package.json""",
                    "cd app && npm install --offline --no-audit --no-fund --loglevel=error --cache=\"$PWD/../cache\""
                            + " ../tars/*.tgz > /dev/null"),
            new Workload(
                    "mvn compile, 20 classes",
                    """
                    mkdir -p m/src/main/java/p && cd m
                    for i in $(seq 20); do
                      echo "package p; public class C$i { public int f(int x) { return x + $i; } }" > src/main/java/p/C$i.java
                    done
                    echo '<project><modelVersion>4.0.0</modelVersion><groupId>p</groupId><artifactId>p</artifactId>
                    <version>1</version><properties><maven.compiler.release>17</maven.compiler.release>
                    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding></properties></project>' > pom.xml
                    mvn -q -Dmaven.repo.local="$PWD/../repository" compile && rm -r target""",
                    "cd m && mvn -o -q -Dmaven.repo.local=\"$PWD/../repository\" compile"),
            new Workload("2,000 small files", "", files("files", 2000)),
            new Workload("python start with imports", "", PYTHON));

    private static String files(String folder, int count) {
        return "python3 -c 'import os\n"
                + "os.mkdir(\"" + folder + "\")\n"
                + "for i in range(" + count + "):\n"
                + "    path = \"" + folder + "/%d\" % i\n"
                + "    with open(path, \"w\") as f: f.write(\"some text \" * 20)\n"
                + "    with open(path) as f: f.read()\n"
                + "    os.unlink(path)\n'";
    }

    /** Does the work and prints a line {@code elapsed NANOSECONDS}; nothing when the work fails. */
    String timed() {
        return "set -e; begun=$(date +%s%N); " + work + "; ended=$(date +%s%N); echo elapsed $((ended - begun))";
    }
}
