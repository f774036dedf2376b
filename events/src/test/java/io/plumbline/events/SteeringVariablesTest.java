package io.plumbline.events;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SteeringVariablesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "PATH",
                "LD_PRELOAD",
                "GIT_CONFIG_VALUE_0",
                "MAKEFILES",
                "npm_config_script_shell",
                "NPM_CONFIG_SCRIPT_SHELL",
                "RUSTC",
                "RUSTC_WRAPPER",
                "CC",
                "CXX",
                "DOTNET_STARTUP_HOOKS",
                "JAVA_HOME",
                "GOROOT",
                "CDPATH"
            })
    void whatDecidesWhichCodeRuns(String name) {
        assertThat(SteeringVariables.contains(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "TERM", "HTTPS_PROXY", "GIT_AUTHOR_NAME", "npm_package_name", "CCACHE_DIR"})
    void whatDoesNot(String name) {
        assertThat(SteeringVariables.contains(name)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"LD_PRELOAD", "PATH", "BASH_ENV", "MAKEFILES", "DOTNET_STARTUP_HOOKS", "JAVA_TOOL_OPTIONS"})
    void whatLoadsCodeIsOneOfThem(String name) {
        assertThat(SteeringVariables.loads(name)).isTrue();
        assertThat(SteeringVariables.contains(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"HOME", "CC", "JAVA_HOME", "PAGER", "PYTHONUNBUFFERED"})
    void whatDevelopersSetEveryDayLoadsNothing(String name) {
        assertThat(SteeringVariables.loads(name)).isFalse();
    }
}
