package io.plumbline.intent.features;

import io.plumbline.intent.features.Outline.Invocation;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A modest reader of shell command lines: quotes, operators, redirections, substitutions, and the commands that {@code sh -c},
 * {@code xargs}, {@code find -exec}, {@code sudo} and {@code env} start. Functions, here-documents and arithmetic are read as words.
 */
public final class PlainCommandReader implements CommandReader {
    /** Variables that change how something is shown, and never what runs. */
    private static final Pattern OF_DISPLAY = Pattern.compile("(LC_[A-Z]+|LANG|LANGUAGE|TZ|NO_COLOR|COLUMNS|LINES)=");

    private static final Pattern INSTALLED = Pattern.compile("(/usr(/local)?)?/s?bin/[^/]+");

    /** Options of env with which it runs what stands behind them; with {@code -S} it is something else. */
    private static final Set<String> ENV_TAKES_AWAY = Set.of("-", "-i", "-u", "--ignore-environment");

    private static final Set<String> SPEECH = Set.of("echo", "printf", ":", "true");
    private static final Set<String> SHELLS = Set.of("sh", "bash", "zsh", "dash", "ksh");
    private static final Set<String> WRAPPERS = Set.of(
            "sudo", "doas", "env", "nohup", "time", "nice", "timeout", "command", "exec", "stdbuf", "setsid", "ionice",
            "builtin");
    private static final Set<String> KEYWORDS =
            Set.of("then", "do", "else", "elif", "!", "{", "(", "if", "while", "until", "time");
    private static final Set<String> ENDS = Set.of("fi", "done", "esac", "}", ")");

    @Override
    public Outline read(String command) {
        Reading reading = new Reading();
        reading.read(command, 0);
        boolean onlySpeaks = reading.invocations.stream().allMatch(Invocation::speaks);
        String deeds = onlySpeaks ? command : reading.deeds.toString().strip();
        return new Outline(reading.invocations, deeds, reading.incomplete);
    }

    private static final class Reading {
        private final List<Invocation> invocations = new ArrayList<>();
        private final StringBuilder deeds = new StringBuilder();
        private boolean incomplete;

        void read(String text, int depth) {
            if (depth > MAX_DEPTH) {
                incomplete = true;
                return;
            }
            List<String> words = new ArrayList<>();
            List<String> written = new ArrayList<>();
            List<String> read = new ArrayList<>();
            StringBuilder word = new StringBuilder();
            boolean open = false;
            boolean piped = false;
            char redirect = 0;
            int segment = 0;
            int i = 0;
            while (i <= text.length()) {
                char c = i < text.length() ? text.charAt(i) : '\n';
                boolean operator = ";|&\n()".indexOf(c) >= 0;
                if (Character.isWhitespace(c) || operator || c == '<' || c == '>') {
                    if (open) {
                        String done = word.toString();
                        if (redirect == '>') {
                            written.add(done);
                        } else if (redirect == '<') {
                            read.add(done);
                        } else if (c != '<' && c != '>' || !isNumber(done)) {
                            words.add(done);
                        }
                        redirect = 0;
                        word.setLength(0);
                        open = false;
                    }
                    if ((c == '<' || c == '>') && i + 1 < text.length() && text.charAt(i + 1) == '(') {
                        i = substitution(text, i + 1, depth);
                        continue;
                    }
                    if (c == '<' || c == '>') {
                        redirect = c;
                        if (i + 1 < text.length() && text.charAt(i + 1) == '&') {
                            i++;
                        }
                    } else if (c == '&' && redirect == '>'
                            || c == '&' && i + 1 < text.length() && text.charAt(i + 1) == '>') {
                        i++;
                        continue;
                    } else if (operator) {
                        boolean twice = i + 1 < text.length() && text.charAt(i + 1) == c;
                        boolean feeds = c == '|' && !twice;
                        boolean speaks = speaks(words, written, feeds);
                        finish(words, written, read, piped, speaks, depth);
                        int next = Math.min(text.length(), i + (twice ? 2 : 1));
                        if (depth == 0 && !speaks) {
                            deeds.append(text, segment, next);
                        }
                        segment = next;
                        words.clear();
                        written.clear();
                        read.clear();
                        redirect = 0;
                        piped = feeds;
                        i += twice ? 1 : 0;
                    }
                    i++;
                } else if (c == '\'') {
                    int end = text.indexOf('\'', i + 1);
                    incomplete |= end < 0;
                    end = end < 0 ? text.length() : end;
                    word.append(text, i + 1, end);
                    open = true;
                    i = end + 1;
                } else if (c == '"') {
                    i = doubleQuoted(text, i + 1, word, depth);
                    open = true;
                } else if (c == '\\' && i + 1 < text.length()) {
                    if (text.charAt(i + 1) != '\n') {
                        word.append(text.charAt(i + 1));
                        open = true;
                    }
                    i += 2;
                } else if (c == '$' && i + 1 < text.length() && text.charAt(i + 1) == '(') {
                    word.append("$()");
                    open = true;
                    i = substitution(text, i + 1, depth);
                } else if (c == '`') {
                    int end = text.indexOf('`', i + 1);
                    incomplete |= end < 0;
                    end = end < 0 ? text.length() : end;
                    read(text.substring(i + 1, end), depth + 1);
                    word.append("$()");
                    open = true;
                    i = end + 1;
                } else if (c == '#' && !open) {
                    if (depth == 0 && !words.isEmpty()) {
                        deeds.append(text, segment, i);
                    }
                    int end = text.indexOf('\n', i);
                    i = end < 0 ? text.length() : end;
                    segment = i;
                } else {
                    word.append(c);
                    open = true;
                    i++;
                }
            }
        }

        private int doubleQuoted(String text, int from, StringBuilder word, int depth) {
            int i = from;
            while (i < text.length() && text.charAt(i) != '"') {
                char c = text.charAt(i);
                if (c == '\\' && i + 1 < text.length()) {
                    word.append(text.charAt(i + 1));
                    i += 2;
                } else if (c == '$' && i + 1 < text.length() && text.charAt(i + 1) == '(') {
                    word.append("$()");
                    i = substitution(text, i + 1, depth);
                } else {
                    word.append(c);
                    i++;
                }
            }
            incomplete |= i >= text.length();
            return i + 1;
        }

        /** Reads from the opening parenthesis to its end; returns the place behind it. */
        private int substitution(String text, int opening, int depth) {
            int level = 0;
            char quote = 0;
            for (int i = opening; i < text.length(); i++) {
                char c = text.charAt(i);
                if (quote != 0) {
                    quote = c == quote ? 0 : quote;
                } else if (c == '\'' || c == '"') {
                    quote = c;
                } else if (c == '(') {
                    level++;
                } else if (c == ')' && --level == 0) {
                    read(text.substring(opening + 1, i), depth + 1);
                    return i + 1;
                }
            }
            incomplete = true;
            read(text.substring(opening + 1), depth + 1);
            return text.length();
        }

        /** Prints its own words and nothing else: to nowhere but the terminal, without running anything. */
        private static boolean speaks(List<String> words, List<String> written, boolean feeds) {
            return !words.isEmpty()
                    && SPEECH.contains(words.getFirst())
                    && written.isEmpty()
                    && !feeds
                    && words.stream().noneMatch(word -> word.contains("$()"));
        }

        private void finish(
                List<String> words, List<String> written, List<String> read, boolean piped, boolean speaks, int depth) {
            int at = 0;
            boolean elevated = false;
            boolean asInstalled = true;
            while (at < words.size()) {
                String word = words.get(at);
                boolean wrapper = WRAPPERS.contains(name(word));
                if (!wrapper && !KEYWORDS.contains(word) && !isAssignment(word) && !ENDS.contains(word)) {
                    break;
                }
                elevated |= word.equals("sudo") || word.equals("doas");
                asInstalled &= !isAssignment(word) || OF_DISPLAY.matcher(word).lookingAt();
                asInstalled &= !wrapper || isInstalled(word);
                boolean env = name(word).equals("env");
                at++;
                while (wrapper && at < words.size() && (words.get(at).startsWith("-") || isNumber(words.get(at)))) {
                    asInstalled &= !env || ENV_TAKES_AWAY.contains(words.get(at));
                    at += words.get(at).equals("-u") || words.get(at).equals("-n") ? 2 : 1;
                }
            }
            // Alone it shows what others would get from it.
            boolean shows = at >= words.size()
                    && words.stream().anyMatch(word -> name(word).equals("env"));
            if (at >= words.size() && written.isEmpty() && !shows) {
                return;
            }
            if (invocations.size() >= MAX_INVOCATIONS) {
                incomplete = true;
                return;
            }
            String program = at < words.size() ? name(words.get(at)) : shows ? "env" : "";
            asInstalled &= at >= words.size() || isInstalled(words.get(at));
            List<String> arguments = at < words.size() ? words.subList(at + 1, words.size()) : List.of();
            invocations.add(
                    new Invocation(program, arguments, written, read, piped, depth, speaks, elevated, asInstalled));
            inner(program, new ArrayList<>(arguments), depth);
        }

        /** What the program is told to run. */
        private void inner(String program, List<String> arguments, int depth) {
            if (SHELLS.contains(program)) {
                int option = -1;
                for (int i = 0; i < arguments.size() && option < 0; i++) {
                    option =
                            arguments.get(i).startsWith("-") && arguments.get(i).endsWith("c") ? i : -1;
                }
                if (option >= 0 && option + 1 < arguments.size()) {
                    read(arguments.get(option + 1), depth + 1);
                }
            } else if (program.equals("eval")) {
                read(String.join(" ", arguments), depth + 1);
            } else if (program.equals("find")) {
                for (int i = 0; i < arguments.size(); i++) {
                    if (arguments.get(i).startsWith("-exec") || arguments.get(i).startsWith("-ok")) {
                        nested(arguments.subList(i + 1, arguments.size()), depth);
                    }
                }
            } else if (program.equals("xargs")) {
                int at = 0;
                while (at < arguments.size() && arguments.get(at).startsWith("-")) {
                    at += Set.of("-I", "-n", "-P", "-L", "-d").contains(arguments.get(at)) ? 2 : 1;
                }
                nested(arguments.subList(Math.min(at, arguments.size()), arguments.size()), depth);
            }
        }

        private void nested(List<String> words, int depth) {
            if (words.isEmpty()) {
                return;
            }
            if (depth >= MAX_DEPTH) {
                incomplete = true;
                return;
            }
            int end = 0;
            while (end < words.size()
                    && !words.get(end).equals("+")
                    && !words.get(end).equals("{}+")
                    && !words.get(end).equals(";")) {
                end++;
            }
            finish(words.subList(0, end), List.of(), List.of(), true, false, depth + 1);
        }

        private static boolean isNumber(String word) {
            return !word.isEmpty() && word.chars().allMatch(c -> c >= '0' && c <= '9' || c == '.');
        }

        private static boolean isAssignment(String word) {
            int equals = word.indexOf('=');
            return equals > 0
                    && word.substring(0, equals).chars().allMatch(c -> Character.isLetterOrDigit(c) || c == '_');
        }

        /** By its name alone, or in a folder that the workload cannot write. */
        private static boolean isInstalled(String path) {
            return path.indexOf('/') < 0 || INSTALLED.matcher(path).matches();
        }

        private static String name(String path) {
            return path.substring(path.lastIndexOf('/') + 1);
        }
    }
}
