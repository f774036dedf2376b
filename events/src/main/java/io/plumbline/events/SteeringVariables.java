package io.plumbline.events;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * Variables of an environment that decide which code a program loads or starts, where it finds programs, or which configuration it
 * reads. Their values may be secrets: they are compared by keyed digests. Those that are most likely to hold a password, such as proxies, are
 * not among them.
 */
public final class SteeringVariables {
    /** Most kept of one process. */
    public static final int MAX = 64;

    private static final Pattern NAME = Pattern.compile("PATH|HOME|SHELL|IFS|ENV|ZDOTDIR|BASH_ENV|BASH_FUNC_.{1,200}"
            + "|PROMPT_COMMAND|SHELLOPTS|BASHOPTS|PS4|LD_\\w{1,40}|GLIBC_TUNABLES|GCONV_PATH|XDG_CONFIG_HOME"
            + "|GIT_(?!AUTHOR_|COMMITTER_)\\w{1,60}|EDITOR|VISUAL|PAGER|MANPAGER|LESSOPEN|LESSCLOSE|BROWSER|SSH_ASKPASS"
            + "|NODE_(?:OPTIONS|PATH)|PYTHON\\w{1,40}|PERL5\\w{1,40}|RUBY(?:LIB|OPT)|GEM_(?:HOME|PATH)|BUNDLE_GEMFILE"
            + "|JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|_JAVA_OPTIONS|CLASSPATH|MAVEN_(?:OPTS|ARGS)|GRADLE_OPTS"
            + "|PHPRC|PHP_INI_SCAN_DIR|LUA_(?:INIT|PATH|CPATH)\\w{0,10}|RUSTC|RUSTC(?:_WORKSPACE)?_WRAPPER|MAKEFLAGS|MAKEFILES"
            + "|GOFLAGS|GOROOT|JAVA_HOME|CC|CXX|CDPATH|DOTNET_STARTUP_HOOKS|(?i:npm_config_)\\w{1,60}");

    /** Of them those that make programs load code or start others, and that nobody sets for anything else. */
    private static final Set<String> LOADING = Set.of(
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
            "LD_AUDIT",
            "BASH_ENV",
            "ENV",
            "PATH",
            "IFS",
            "PROMPT_COMMAND",
            "GIT_SSH",
            "GIT_SSH_COMMAND",
            "GIT_EXTERNAL_DIFF",
            "GIT_PROXY_COMMAND",
            "GIT_EXEC_PATH",
            "NODE_OPTIONS",
            "PYTHONSTARTUP",
            "PERL5OPT",
            "RUBYOPT",
            "JAVA_TOOL_OPTIONS",
            "MAKEFILES",
            "DOTNET_STARTUP_HOOKS");

    private SteeringVariables() {}

    /** Whether a variable of this name is one of them. */
    public static boolean contains(String name) {
        return NAME.matcher(name).matches();
    }

    /** Whether a command that sets it no longer says what runs. */
    public static boolean loads(String name) {
        return LOADING.contains(name);
    }
}
