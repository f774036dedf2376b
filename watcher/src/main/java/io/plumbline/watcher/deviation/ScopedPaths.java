package io.plumbline.watcher.deviation;

import io.plumbline.events.agents.ConfigurationPaths;
import io.plumbline.events.policy.FileRules;
import io.plumbline.events.policy.Scope;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The files of the scopes that policies name. The names are those of the tools' own documentation. */
public final class ScopedPaths {
    /** Below any home folder, whoever's it is. */
    private static final List<String> CREDENTIALS_OF_HOME = List.of(
            ".ssh/id_*",
            ".ssh/*_key",
            ".ssh/*.pem",
            ".aws/credentials",
            ".aws/sso/cache/*",
            ".azure/**",
            ".config/gcloud/**",
            ".config/gh/hosts.yml",
            ".config/glab-cli/config.yml",
            ".config/hub",
            ".config/op/**",
            ".config/rclone/rclone.conf",
            ".kube/config",
            ".docker/config.json",
            ".netrc",
            ".npmrc",
            ".pypirc",
            ".git-credentials",
            ".config/git/credentials",
            ".cargo/credentials",
            ".cargo/credentials.toml",
            ".gem/credentials",
            ".m2/settings-security.xml",
            ".terraform.d/credentials.tfrc.json",
            ".vault-token",
            ".pgpass",
            ".my.cnf",
            ".gnupg/private-keys-v1.d/*",
            ".local/share/keyrings/*",
            ".password-store/**",
            ".mozilla/firefox/*/logins.json",
            ".mozilla/firefox/*/key4.db",
            ".config/google-chrome/**/Cookies",
            ".config/google-chrome/**/Login Data",
            ".claude/.credentials.json",
            ".codex/auth.json",
            ".gemini/oauth_creds.json",
            ".qwen/oauth_creds.json");

    private static final List<String> CREDENTIALS =
            List.of("/etc/shadow", "/etc/gshadow", "/run/secrets/**", "/var/run/secrets/**");

    private static final List<String> PERSISTENCE_OF_HOME = List.of(
            ".bashrc",
            ".bash_profile",
            ".bash_login",
            ".bash_logout",
            ".profile",
            ".zshrc",
            ".zshenv",
            ".zprofile",
            ".zlogin",
            ".config/fish/**",
            ".config/systemd/**",
            ".config/autostart/**",
            ".gitconfig",
            ".config/git/config",
            ".config/git/hooks/**",
            ".ssh/authorized_keys",
            ".ssh/authorized_keys2",
            ".ssh/rc",
            ".pam_environment",
            ".xprofile");

    private static final List<String> PERSISTENCE = List.of(
            "/etc/cron*/**",
            "/etc/crontab",
            "/var/spool/cron/**",
            "/etc/systemd/**",
            "/lib/systemd/**",
            "/etc/init.d/**",
            "/etc/rc.local",
            "/etc/profile",
            "/etc/profile.d/**",
            "/etc/bash.bashrc",
            "/etc/ld.so.preload",
            "/etc/sudoers",
            "/etc/sudoers.d/**");

    private static final List<String> SECURITY_TOOLS = List.of(
            "/run/plumbline/**",
            "/opt/plumbline/**",
            "/etc/claude-code/**",
            "/etc/codex/**",
            "/etc/audit/**",
            "/etc/selinux/**",
            "/etc/apparmor*/**",
            "/sys/kernel/security/**",
            "/sys/fs/selinux/**");

    /** Of a project: honest programs read them, and what they hold belongs nowhere else. */
    private static final List<String> PROJECT_SECRETS =
            List.of(".pem", ".p12", ".pfx", ".keystore", "/id_rsa", "/id_ed25519", "/.env");

    private static final List<String> NO_SECRETS = List.of(".example", ".sample", ".template", "/cacert.pem");

    /** Names that a pattern in place of a file's name is likely to mean. */
    private static final List<String> LIKELY = List.of("id_rsa", "credentials", "config", "hosts.yml");

    private static final int MAX_PATTERN = 500;

    private static final Pattern ENVIRONMENT = Pattern.compile("/proc/[0-9]{1,10}/environ");

    private static final Map<String, List<String>> CREDENTIALS_BY_FOLDER = byFolder(CREDENTIALS_OF_HOME);
    private static final Map<String, List<String>> PERSISTENCE_BY_FOLDER = byFolder(PERSISTENCE_OF_HOME);

    private final String home;
    private final String workspace;

    /** Both absolute; empty: there is none. */
    public ScopedPaths(String home, String workspace) {
        this.home = home;
        this.workspace = workspace;
    }

    /** The scope that reading the file falls into. {@code path} is absolute and normalised. */
    public Optional<Scope> read(String path) {
        boolean credential = !path.endsWith(".pub")
                && (isBelowHome(path, CREDENTIALS_BY_FOLDER)
                        || matches(path, CREDENTIALS)
                        || path.startsWith("/proc/")
                                && ENVIRONMENT.matcher(path).matches());
        return credential ? Optional.of(Scope.CREDENTIALS) : Optional.empty();
    }

    /** The scope that writing the file falls into. */
    public Optional<Scope> written(String path) {
        if (matches(path, SECURITY_TOOLS)) {
            return Optional.of(Scope.SECURITY_TOOLS);
        }
        boolean hook = path.contains("/.git/hooks/") && !path.endsWith(".sample");
        if (hook || isBelowHome(path, PERSISTENCE_BY_FOLDER) || matches(path, PERSISTENCE)) {
            return Optional.of(Scope.PERSISTENCE);
        }
        if (ConfigurationPaths.names(path, workspace, home)) {
            return Optional.of(Scope.AGENT_CONFIGURATION);
        }
        return read(path);
    }

    /** The scope of a name that a call gives, in which stars stand for what cannot be told. */
    Optional<Scope> named(String pattern, boolean write) {
        if (pattern.indexOf('*') < 0) {
            return write ? written(pattern) : read(pattern);
        }
        return LIKELY.stream()
                .map(name -> pattern.replace("**", name).replace("*", name))
                .map(path -> write ? written(path) : read(path))
                .flatMap(Optional::stream)
                .findFirst()
                .or(() -> maySpell(pattern) ? Optional.of(Scope.CREDENTIALS) : Optional.empty());
    }

    /**
     * Whether a folder may hold a file, at any depth, that has a name of a scope.
     *
     * @param folder absolute, without wildcards
     * @param write whether the scopes of writing count as well
     */
    public boolean mayHold(String folder, boolean write) {
        String all = folder + "/**";
        boolean credentials = meets(all, CREDENTIALS, CREDENTIALS_OF_HOME);
        if (!write || credentials) {
            return credentials;
        }
        return meets(all, PERSISTENCE, PERSISTENCE_OF_HOME)
                || meets(all, SECURITY_TOOLS, ConfigurationPaths.HOME_FILES)
                || folder.endsWith("/.git")
                || folder.contains("/.git/hooks")
                || folder.equals(workspace)
                || ConfigurationPaths.names(folder, workspace, home);
    }

    private boolean meets(String pattern, List<String> absolute, List<String> ofHome) {
        return absolute.stream().anyMatch(glob -> Patterns.meet(pattern, glob))
                || ofHome.stream()
                        .anyMatch(glob -> Patterns.meet(pattern, home + "/" + glob)
                                || Patterns.meet(pattern, "/root/" + glob)
                                || Patterns.meet(pattern, "/home/*/" + glob));
    }

    /** Whether a pattern that says where it looks, and something of the name, may mean a credential: {@code ~/.aws/cred*}. */
    private boolean maySpell(String pattern) {
        String last = pattern.substring(pattern.lastIndexOf('/') + 1);
        boolean vague = last.replace("*", "").isEmpty()
                || !pattern.startsWith("/")
                || pattern.indexOf('*') < pattern.indexOf('/', 1)
                || pattern.indexOf('/', 1) < 0;
        if (vague || pattern.length() > MAX_PATTERN) {
            return false;
        }
        return meets(pattern, CREDENTIALS, CREDENTIALS_OF_HOME);
    }

    /** Whether a file of a project may hold a secret. */
    public static boolean isProjectSecret(String path) {
        return (PROJECT_SECRETS.stream().anyMatch(path::endsWith) || path.contains("/.env."))
                && NO_SECRETS.stream().noneMatch(path::endsWith);
    }

    private boolean isBelowHome(String path, Map<String, List<String>> names) {
        if (home.isEmpty()) {
            // An agent outside any sandbox: nobody has said where its home is, and ~ is written as nothing.
            return isNamed(path, "/", names) || isBelowOthersHome(path, names);
        }
        return path.startsWith(home + "/") && isNamed(path, home + "/", names) || isBelowOthersHome(path, names);
    }

    private static boolean isBelowOthersHome(String path, Map<String, List<String>> names) {
        if (path.startsWith("/root/")) {
            return isNamed(path, "/root/", names);
        }
        int end = path.startsWith("/home/") ? path.indexOf('/', "/home/".length()) : -1;
        return end > 0 && isNamed(path, path.substring(0, end + 1), names);
    }

    private static boolean isNamed(String path, String folder, Map<String, List<String>> names) {
        String name = path.substring(folder.length());
        int slash = name.indexOf('/');
        return names.getOrDefault(slash < 0 ? name : name.substring(0, slash), List.of()).stream()
                .anyMatch(glob -> FileRules.matches(glob, name));
    }

    private static Map<String, List<String>> byFolder(List<String> globs) {
        return globs.stream().collect(Collectors.groupingBy(glob -> glob.replaceFirst("/.*", "")));
    }

    private static boolean matches(String path, List<String> globs) {
        for (String glob : globs) {
            int star = glob.indexOf('*');
            if (star < 0
                    ? path.equals(glob)
                    : path.startsWith(glob.substring(0, star)) && FileRules.matches(glob, path)) {
                return true;
            }
        }
        return false;
    }
}
