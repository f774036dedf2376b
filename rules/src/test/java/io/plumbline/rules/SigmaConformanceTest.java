package io.plumbline.rules;

import static io.plumbline.rules.Rules.matches;
import static io.plumbline.rules.Rules.refusal;
import static io.plumbline.rules.Rules.rule;
import static io.plumbline.rules.Rules.selection;
import static io.plumbline.rules.Rules.selects;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.rules.RuleException.Code;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.sigma.Placeholders;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every statement and example of the Sigma 2.1 specification about matching, in cases of our own. */
class SigmaConformanceTest {
    @Nested
    class Values {
        @Test
        void textsHaveNoCaseByDefault() {
            assertThat(selects("F: 'WhoAmI'", "{'F':'WHOAMI'}")).isTrue();
            assertThat(selects("F: 'Straße'", "{'F':'sTRAßE'}")).isTrue();
            assertThat(selects("F: whoami", "{'F':'whoami.exe'}")).isFalse();
        }

        @Test
        void casedComparesCase() {
            assertThat(selects("F|cased: 'WhoAmI'", "{'F':'WhoAmI'}")).isTrue();
            assertThat(selects("F|cased: 'WhoAmI'", "{'F':'whoami'}")).isFalse();
            assertThat(selects("F|contains|cased: 'Am'", "{'F':'WhoAmI'}")).isTrue();
            assertThat(selects("F|contains|cased: 'am'", "{'F':'WhoAmI'}")).isFalse();
        }

        @Test
        void aQuestionMarkIsOneCharacterAndAStarAnyNumber() {
            assertThat(selects("F: 'prog?.exe'", "{'F':'progA.exe'}")).isTrue();
            assertThat(selects("F: 'prog?.exe'", "{'F':'prog.exe'}")).isFalse();
            assertThat(selects("F: 'prog?.exe'", "{'F':'prog😀.exe'}")).isTrue();
            assertThat(selects("F: 'antivirus_V*.exe'", "{'F':'antivirus_V21.2.1.exe'}"))
                    .isTrue();
            assertThat(selects("F: 'antivirus_V*.exe'", "{'F':'antivirus_V.exe'}"))
                    .isTrue();
        }

        /** Backslashes of the value as it is written, the event's text, and whether it fits. */
        @ParameterizedTest
        @CsvSource({
            "'\\', '\\', true",
            "'a\\b', 'a\\b', true",
            "'a\\\\b', 'a\\b', true",
            "'a\\*', 'a*', true",
            "'a\\*', 'a\\x', false",
            "'a\\?', 'a?', true",
            "'a\\?', 'ab', false",
            "'a\\\\*', 'a\\anything', true",
            "'a\\\\*', 'a*', false",
            "'a\\\\\\*', 'a\\*', true",
            "'a\\\\\\*', 'a\\b', false",
            "'\\\\\\\\', '\\\\', true",
            "'\\\\\\x', '\\\\x', true",
            "'\\\\server\\share', '\\server\\share', true"
        })
        void backslashesEscapeWildcardsAndThemselves(String value, String text, boolean fits) {
            assertThat(selects("F: '" + value + "'", "{'F':'" + text.replace("\\", "\\\\") + "'}"))
                    .isEqualTo(fits);
        }

        @Test
        void numbersEqualTheirTexts() {
            for (String value : List.of("11", "11.0", "'11'")) {
                assertThat(selects("F: 11", "{'F':" + value + "}")).as(value).isTrue();
                assertThat(selects("F: '11'", "{'F':" + value + "}")).as(value).isTrue();
            }
            assertThat(selects("F: 11", "{'F':110}")).isFalse();
            assertThat(selects("F: true", "{'F':true}")).isTrue();
            assertThat(selects("F: 'true'", "{'F':true}")).isTrue();
        }

        @Test
        void anEmptyTextIsPresentAndNullIsNot() {
            assertThat(selects("F: ''", "{'F':''}")).isTrue();
            assertThat(selects("F: ''", "{}")).isFalse();
            assertThat(selects("F: ''", "{'F':null}")).isFalse();
            assertThat(selects("F: null", "{}")).isTrue();
            assertThat(selects("F: null", "{'F':null}")).isTrue();
            assertThat(selects("F:", "{'F':null}")).isTrue();
            assertThat(selects("F: null", "{'F':''}")).isFalse();
        }

        @Test
        void notNullIsASelectionOfItsOwnThatIsNegated() {
            String rule = rule("selection:\n  A: 4738\nfilter:\n  B: null\ncondition: selection and not filter\n");
            assertThat(matches(rule, "{'A':4738,'B':'x'}")).isTrue();
            assertThat(matches(rule, "{'A':4738}")).isFalse();
        }

        @Test
        void nullStandsInNoList() {
            assertThat(refusal(selection("A: x\nB:\n  - ''\n  - null\n")))
                    .satisfies(e -> assertThat(e.code()).isEqualTo(Code.VALUE))
                    .hasMessageContaining("null in a list");
        }

        @Test
        void aLoneStarIsAnyValueButNull() {
            assertThat(selects("F: '*'", "{'F':''}")).isTrue();
            assertThat(selects("F: '*'", "{'F':'x'}")).isTrue();
            assertThat(selects("F: '*'", "{'F':null}")).isFalse();
            assertThat(selects("F: '*'", "{}")).isFalse();
        }

        @Test
        void namesOfFieldsHaveCaseAndDotsLeadInside() {
            assertThat(selects("User: x", "{'user':'x'}")).isFalse();
            assertThat(selects("a.b.c: x", "{'a':{'b':{'c':'x'}}}")).isTrue();
            assertThat(selects("a.b.c: x", "{'a.b.c':'x'}")).isTrue();
            assertThat(selects("a.b: x", "{'a':[{'b':'y'},{'b':'x'}]}")).isTrue();
        }

        @Test
        void anyMemberOfAListCounts() {
            assertThat(selects("F: b", "{'F':['a','b']}")).isTrue();
            assertThat(selects("F|contains|all: [a, b]", "{'F':['a','b']}")).isTrue();
            assertThat(selects("F|neq: b", "{'F':['a','b']}")).isFalse();
            assertThat(selects("F|neq: b", "{'F':['a','c']}")).isTrue();
        }

        @Test
        void whatIsReadInTwoWaysIsRefused() {
            for (String value : List.of("yes", "0123", "1:30", "1e3", "1_000", "2026-11-24", ".5", "0o17")) {
                assertThat(refusal(selection("F: " + value)))
                        .as(value)
                        .hasMessageContaining("read in more than one way");
            }
        }
    }

    @Nested
    class ListsAndMaps {
        @Test
        void aMapIsAllAndAValueListIsAny() {
            String rule = selection("EventLog: Security\nEventID:\n  - 517\n  - 1102\n");
            assertThat(matches(rule, "{'EventLog':'Security','EventID':1102}")).isTrue();
            assertThat(matches(rule, "{'EventLog':'Security','EventID':4624}")).isFalse();
            assertThat(matches(rule, "{'EventLog':'System','EventID':517}")).isFalse();
        }

        @Test
        void aListOfMapsIsAny() {
            String rule = selection("- Image|endswith: '\\\\example.exe'\n- Description|contains: 'Test executable'\n");
            assertThat(matches(rule, "{'Image':'C:\\\\example.exe'}")).isTrue();
            assertThat(matches(rule, "{'Description':'my Test executable'}")).isTrue();
            assertThat(matches(rule, "{'Image':'other.exe'}")).isFalse();
        }

        @Test
        void keywordsAreInAnyValueButInNoName() {
            String rule = selection("- EVILSERVICE\n- 'svchost.exe -n evil'\n");
            assertThat(matches(rule, "{'X':'the evilservice runs'}")).isTrue();
            assertThat(matches(rule, "{'a':{'b':['x','svchost.exe -n evil']}}")).isTrue();
            assertThat(matches(rule, "{'EVILSERVICE':'x'}")).isFalse();
            assertThat(selects("- 47", "{'X':1479}")).isTrue();
        }

        @Test
        void allKeywordsHaveToBeThere() {
            String rule = selection("'|all':\n  - OabVirtualDirectory\n  - ' -ExternalUrl '\n");
            assertThat(matches(rule, "{'A':'oabvirtualdirectory','B':'x -externalurl y'}"))
                    .isTrue();
            assertThat(matches(rule, "{'A':'oabvirtualdirectory'}")).isFalse();
        }

        @Test
        void allLinksValuesWithAnd() {
            String rule = selection("F|contains|all:\n  - '-a'\n  - '-b'\n");
            assertThat(matches(rule, "{'F':'x -b -a'}")).isTrue();
            assertThat(matches(rule, "{'F':'x -a'}")).isFalse();
            assertThat(refusal(selection("F|contains|all: x"))).hasMessageContaining("all with one value");
        }
    }

    @Nested
    class Modifiers {
        @Test
        void affixesPutWildcards() {
            assertThat(selects("F|startswith: adm", "{'F':'ADMIN'}")).isTrue();
            assertThat(selects("F|startswith: adm", "{'F':'xadm'}")).isFalse();
            assertThat(selects("F|endswith: '\\cmd.exe'", "{'F':'C:\\\\cmd.exe'}"))
                    .isTrue();
            assertThat(selects("F|contains: b?d", "{'F':'abcde'}")).isTrue();
            assertThat(selects("F|contains: 4", "{'F':345}")).isTrue();
        }

        @Test
        void existsAsksForTheFieldOnly() {
            assertThat(selects("F|exists: true", "{'F':null}")).isTrue();
            assertThat(selects("F|exists: true", "{'F':''}")).isTrue();
            assertThat(selects("F|exists: true", "{}")).isFalse();
            assertThat(selects("F|exists: false", "{}")).isTrue();
            assertThat(refusal(selection("F|exists: 'yes'"))).hasMessageContaining("expected: true or false");
            assertThat(refusal(selection("F|exists|all: true"))).hasMessageContaining("no other modifier");
        }

        @Test
        void neqIsDifferentFromAllValuesAndNeedsTheField() {
            assertThat(selects("F|neq: x", "{'F':'y'}")).isTrue();
            assertThat(selects("F|neq: x", "{'F':'X'}")).isFalse();
            assertThat(selects("F|neq: x", "{}")).isFalse();
            assertThat(selects("F|neq: [x, y]", "{'F':'z'}")).isTrue();
            assertThat(selects("F|neq: [x, y]", "{'F':'y'}")).isFalse();
            assertThat(selects("F|neq: 5", "{'F':6}")).isTrue();
            assertThat(selects("F|neq: x", "{'F':[]}")).isTrue();
            assertThat(matches(rule("s:\n  F: x\ncondition: not s\n"), "{}")).isTrue();
        }

        @Test
        void expressionsHaveCaseAndAreFoundAnywhere() {
            assertThat(selects("F|re: 'b+c'", "{'F':'abbbcd'}")).isTrue();
            assertThat(selects("F|re: 'B+c'", "{'F':'abbbcd'}")).isFalse();
            assertThat(selects("F|re: '^b'", "{'F':'ab'}")).isFalse();
            assertThat(selects("F|re: '[^a]{2,3}$'", "{'F':'abb'}")).isTrue();
            assertThat(selects("F|re: '(one|two)\\.exe'", "{'F':'two.exe'}")).isTrue();
            assertThat(selects("F|re: 'a\\*b'", "{'F':'a*b'}")).isTrue();
        }

        @Test
        void expressionsTakeFlags() {
            assertThat(selects("F|re|i: 'abc'", "{'F':'xABC'}")).isTrue();
            assertThat(selects("F|re: 'a.b'", "{'F':'a\\nb'}")).isFalse();
            assertThat(selects("F|re|s: 'a.b'", "{'F':'a\\nb'}")).isTrue();
            assertThat(selects("F|re: '^b'", "{'F':'a\\nb'}")).isFalse();
            assertThat(selects("F|re|m: '^b'", "{'F':'a\\nb'}")).isTrue();
            assertThat(selects("F|re|i|m|s: '^B.c'", "{'F':'a\\nb\\nc'}")).isTrue();
            assertThat(refusal(selection("F|i: x"))).hasMessageContaining("expected: re|i");
            assertThat(refusal(selection("F|re|ignorecase: x"))).hasMessageContaining("not in the specification");
        }

        @ParameterizedTest
        @ValueSource(strings = {"(?=x)y", "(?<!x)y", "(a)\\1", "a++", "(?>a)", "\\h", "["})
        void expressionsOutsideOfLinearTimeAreRefused(String expression) {
            assertThat(refusal(selection("F|re: '" + expression + "'")).code()).isEqualTo(Code.REGEX);
        }

        @Test
        void base64IsWhatTheTextBecomes() {
            // "http://" alone; then at each of the three offsets of a longer text.
            assertThat(selects("F|base64|contains: 'http://'", "{'F':'aHR0cDovL2V4YW1wbGU='}"))
                    .isFalse();
            assertThat(selects("F|base64|contains: 'http:/'", "{'F':'aHR0cDovL2V4YW1wbGU='}"))
                    .isTrue();
            for (String front : List.of("", "x", "xy")) {
                String encoded = java.util.Base64.getEncoder()
                        .encodeToString(
                                (front + "http://example.org").getBytes(java.nio.charset.StandardCharsets.UTF_8));
                assertThat(selects("F|base64offset|contains: 'http://'", "{'F':'" + encoded + "'}"))
                        .as(front)
                        .isTrue();
            }
            assertThat(refusal(selection("F|base64: 'a*'"))).hasMessageContaining("wildcard");
            assertThat(refusal(selection("F|contains|base64: 'a'"))).hasMessageContaining("base64|contains");
            assertThat(refusal(selection("F|base64: 5"))).hasMessageContaining("text in quotes");
            assertThat(refusal(selection("F|base64offset|contains: a"))).hasMessageContaining("two bytes");
        }

        @Test
        void utf16IsTwoBytesForACharacter() {
            // cmd as 63 00 6d 00 64 00, 00 63 00 6d 00 64, and with the mark ff fe in front
            assertThat(selects("F|wide|base64: cmd", "{'F':'YwBtAGQA'}")).isTrue();
            assertThat(selects("F|utf16le|base64: cmd", "{'F':'YwBtAGQA'}")).isTrue();
            assertThat(selects("F|utf16be|base64: cmd", "{'F':'AGMAbQBk'}")).isTrue();
            assertThat(selects("F|utf16|base64: cmd", "{'F':'//5jAG0AZAA='}")).isTrue();
            assertThat(selects("F|wide: cmd", "{'F':'c\\u0000m\\u0000d\\u0000'}"))
                    .isTrue();
        }

        @Test
        void windashTakesEveryDash() {
            for (String dash : List.of("-", "/", "–", "—", "―")) {
                assertThat(selects("F|windash|contains: ' -enc '", "{'F':'ps " + dash + "enc x'}"))
                        .as(dash)
                        .isTrue();
                assertThat(selects("F|contains|windash: ' /enc '", "{'F':'ps " + dash + "enc x'}"))
                        .as(dash)
                        .isTrue();
            }
            assertThat(selects("F|windash|contains: 'a-b'", "{'F':'a/b'}")).isFalse();
            assertThat(selects("F|windash|contains|all: ['-a', '-b']", "{'F':'/b –a'}"))
                    .isTrue();
        }

        @Test
        void comparisonsTakeNumbersAndTextsThatAreNumbers() {
            assertThat(selects("F|lt: 10", "{'F':9}")).isTrue();
            assertThat(selects("F|lt: 10", "{'F':10}")).isFalse();
            assertThat(selects("F|lte: 10", "{'F':'10'}")).isTrue();
            assertThat(selects("F|gt: 10", "{'F':10.5}")).isTrue();
            assertThat(selects("F|gte: 10", "{'F':'9'}")).isFalse();
            assertThat(selects("F|gte: 10", "{'F':'ten'}")).isFalse();
            assertThat(selects("F|gt: -5", "{'F':-4}")).isTrue();
            assertThat(refusal(selection("F|lt: '10'"))).hasMessageContaining("a number without quotes");
            assertThat(refusal(selection("F|lt|neq: 10"))).hasMessageContaining("neq with lt");
            assertThat(refusal(selection("F|lt|gt: 10"))).hasMessageContaining("one of them");
        }

        @ParameterizedTest
        @CsvSource({"minute, 30", "hour, 8", "day, 24", "week, 48", "month, 11", "year, 2026"})
        void partsOfADateAreNumbers(String part, int number) {
            assertThat(selects("T|" + part + ": " + number, "{'T':'2026-11-24T08:30:15Z'}"))
                    .isTrue();
            assertThat(selects("T|" + part + "|gt: " + number, "{'T':'2026-11-24T08:30:15Z'}"))
                    .isFalse();
            assertThat(selects("T|" + part + "|gte: " + number, "{'T':'2026-11-24 08:30'}"))
                    .isTrue();
            assertThat(selects("T|" + part + "|neq: " + number, "{'T':'2026-11-24 08:30'}"))
                    .isFalse();
            assertThat(selects("T|" + part + ": " + number, "{'T':'last week'}"))
                    .isFalse();
        }

        @ParameterizedTest
        @ValueSource(strings = {"minute: 60", "hour: 24", "day: 0", "week: 54", "month: 13", "hour: '8'", "hour: 1.5"})
        void partsThatNoDateHasAreRefused(String part) {
            assertThat(refusal(selection("T|" + part))).hasMessageContaining("a whole number from");
        }

        @Test
        void networksHoldAddressesOfTheirFamily() {
            assertThat(selects("F|cidr: 10.0.0.0/8", "{'F':'10.255.0.1'}")).isTrue();
            assertThat(selects("F|cidr: 10.0.0.0/8", "{'F':'11.0.0.1'}")).isFalse();
            assertThat(selects("F|cidr: [192.168.0.0/16, 'fd00::/8']", "{'F':'fd12::1'}"))
                    .isTrue();
            assertThat(selects("F|cidr: 10.0.0.0/8", "{'F':' 10.0.0.1'}")).isFalse();
            assertThat(selects("F|cidr: 10.0.0.0/8", "{'F':'::ffff:10.0.0.1'}")).isFalse();
            assertThat(selects("F|cidr: 172.16.0.0/12", "{'F':'172.31.255.255'}"))
                    .isTrue();
            assertThat(selects("F|cidr: 172.16.0.0/12", "{'F':'172.32.0.0'}")).isFalse();
            assertThat(refusal(selection("F|cidr: 10.1.2.3/8"))).hasMessageContaining("no host bits set");
            assertThat(refusal(selection("F|cidr: 10.0.0/8"))).hasMessageContaining("a network");
        }

        @Test
        void fieldrefComparesTwoFields() {
            assertThat(selects("A|fieldref: B", "{'A':'x','B':'X'}")).isTrue();
            assertThat(selects("A|fieldref: B", "{'A':'x','B':'y'}")).isFalse();
            assertThat(selects("A|fieldref: B", "{'A':'x'}")).isFalse();
            assertThat(selects("A|fieldref|neq: B", "{'A':'x','B':'y'}")).isTrue();
            assertThat(selects("A|fieldref|neq: B", "{'A':'x','B':'x'}")).isFalse();
            assertThat(selects("A|fieldref|endswith: B", "{'A':'xyz','B':'yz'}"))
                    .isTrue();
        }

        @Test
        void placeholdersExistUnderExpandOnly() {
            assertThat(selects("F: '%name%'", "{'F':'%name%'}")).isTrue();
            String rule = selection("F|expand: '\\%plain%name%'");
            RuleSet set = RuleSet.load(
                    List.of(new RuleSource("r.yml", rule)), new Placeholders(Map.of("name", List.of("srv*", "x"))));
            assertThat(set.engine().evaluate(Rules.event("{'F':'%plainsrv01'}"), new CorrelationState()))
                    .hasSize(1);
            assertThat(set.engine().evaluate(Rules.event("{'F':'%plainx'}"), new CorrelationState()))
                    .hasSize(1);
            assertThat(set.engine().evaluate(Rules.event("{'F':'%plain%name%'}"), new CorrelationState()))
                    .isEmpty();
            assertThat(refusal(rule))
                    .satisfies(e -> assertThat(e.code()).isEqualTo(Code.PLACEHOLDER))
                    .hasMessageContaining("%name%");
        }

        @Test
        void unknownAndRepeatedModifiersAreRefused() {
            assertThat(refusal(selection("F|contain: x")).code()).isEqualTo(Code.MODIFIER);
            assertThat(refusal(selection("F|contains|contains: x"))).hasMessageContaining("again");
            assertThat(refusal(selection("F|contains|startswith: x"))).hasMessageContaining("one of them");
            assertThat(refusal(selection("F|re|contains: x"))).hasMessageContaining("contains with re");
            assertThat(refusal(selection("F|re: 5"))).hasMessageContaining("text in quotes");
            assertThat(refusal(selection("'|exists': true"))).hasMessageContaining("on keywords");
        }
    }

    @Nested
    class Conditions {
        private static final String THREE = "a:\n  F|contains: a\nb:\n  F|contains: b\nc:\n  F|contains: c\n";

        @ParameterizedTest
        @CsvSource({
            "a and b or c, c, true",
            "c or a and b, c, true",
            "c or b and a, b, false",
            "not a and b, b, true",
            "not a and b, x, false",
            "not (a and b), ab, false",
            "not not a, a, true",
            "(a or b) and c, ac, true",
            "a or b and c, a, true",
            "1 of them, b, true",
            "1 of them, x, false",
            "all of them, abc, true",
            "all of them, ab, false",
            "1 of a* or not 1 of b*, x, true",
            "not 1 of them, x, true",
            "all of * and not 1 of c*, ab, false"
        })
        void bindFromOrToParentheses(String condition, String text, boolean holds) {
            String rule = rule(THREE + "condition: " + condition + "\n");
            assertThat(matches(rule, "{'F':'" + text + "'}")).isEqualTo(holds);
        }

        @Test
        void themLeavesOutNamesWithAnUnderscore() {
            String rule = rule("_a:\n  F: a\nb:\n  F: b\ncondition: 1 of them\n");
            assertThat(matches(rule, "{'F':'a'}")).isFalse();
            assertThat(matches(rule, "{'F':'b'}")).isTrue();
            assertThat(matches(rule("_a:\n  F: a\nb:\n  F: b\ncondition: 1 of _*\n"), "{'F':'a'}"))
                    .isTrue();
        }

        @Test
        void patternsHaveStarsAnywhere() {
            String rule = rule("sel_one_x:\n  F: a\nsel_two_y:\n  F: b\ncondition: 1 of *_one_*\n");
            assertThat(matches(rule, "{'F':'a'}")).isTrue();
            assertThat(matches(rule, "{'F':'b'}")).isFalse();
        }

        @Test
        void aListOfConditionsIsAny() {
            String rule = rule("a:\n  F: a\nb:\n  F: b\ncondition:\n  - a\n  - b\n");
            assertThat(matches(rule, "{'F':'a'}")).isTrue();
            assertThat(matches(rule, "{'F':'b'}")).isTrue();
            assertThat(matches(rule, "{'F':'c'}")).isFalse();
        }

        @ParameterizedTest
        @CsvSource({
            "a AND b, operators are in lower case",
            "NOT a, one of the search identifiers",
            "1 of zz*, a pattern that fits one of",
            "2 of them, 1 or all before 'of'",
            "any of them, 1 or all before 'of'",
            "(a or b, or )",
            "a b, 'and, or, or the end'",
            "a | count() > 5, aggregations are correlation rules",
            "unknown, one of the search identifiers",
            "'', a search identifier",
            "a and, a search identifier",
            "1 of a?, patterns have * only"
        })
        void whatIsWrongIsNamedWithItsPlace(String condition, String expected) {
            assertThat(refusal(rule(THREE + "condition: '" + condition + "'\n")))
                    .hasMessageStartingWith("test.yml:12:")
                    .hasMessageContaining(expected);
        }

        @Test
        void thePlaceIsTheColumnOfTheWord() {
            assertThat(refusal(rule(THREE + "condition: a and unknown\n")).position())
                    .isEqualTo(new Position("test.yml", 12, 20));
            assertThat(refusal(selection("F|contains|contain: x")).position())
                    .isEqualTo(new Position("test.yml", 7, 16));
        }
    }

    @Nested
    class Documents {
        @Test
        void theExampleOfTheSpecificationsFirstPage() {
            String rule = """
                    title: Whoami
                    logsource:
                        category: test
                    detection:
                        selection:
                            Image: 'C:\\Windows\\System32\\whoami.exe'
                        condition: selection
                    level: high
                    """;
            assertThat(matches(rule, "{'Image':'c:\\\\windows\\\\system32\\\\WHOAMI.EXE'}"))
                    .isTrue();
        }

        @Test
        void anUnnamedRuleIsNamedByItsContent() {
            RuleSet set = Rules.load("title: t\nlogsource: {category: test}\ndetection: {s: {F: x}, condition: s}\n");
            RuleSet other = Rules.load(
                    "title:   t   # the same\nlogsource:\n  category: test\ndetection: {s: {F: x}, condition: s}\n");
            assertThat(set.documents().getFirst().metadata().id())
                    .startsWith("unnamed-")
                    .isEqualTo(other.documents().getFirst().metadata().id());
            assertThat(set.hash()).isEqualTo(other.hash()).hasSize(64);
        }

        @Test
        void customKeysAreLeftAlone() {
            assertThat(matches(selection("F: x") + "anything:\n  of: mine\n", "{'F':'x'}"))
                    .isTrue();
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "logsource: {category: a}\\ndetection: {s: {F: x}, condition: s} | without title",
                    "title: t\\ndetection: {s: {F: x}, condition: s} | without logsource",
                    "title: t\\nlogsource: {definition: x}\\ndetection: {s: {F: x}, condition: s} | at least one of them",
                    "title: t\\nlogsource: {category: a} | none of detection",
                    "title: t\\nlogsource: {category: a}\\ndetection: {s: {F: x}} | without condition",
                    "title: t\\nlogsource: {category: a}\\ndetection: {condition: s} | no search identifier",
                    "title: t\\nlogsource: {category: a}\\ndetection: {s: {}, condition: s} | an empty map",
                    "title: t\\nlogsource: {category: a}\\ndetection: {s: [], condition: s} | an empty list",
                    "title: t\\nlogsource: {category: a}\\ndetection: {s: {F: []}, condition: s} | an empty list",
                    "title: t\\nlogsource: {category: a}\\ndetection: {s: {F: {a: b}}, condition: s} | a map",
                    "title: t\\nlogsource: {category: a}\\ndetection: {s: [[a]], condition: s} | a list in a list",
                    "title: t\\nstatus: new\\nlogsource: {category: a}\\ndetection: {s: {F: x}, condition: s} | stable, test",
                    "title: t\\nlevel: urgent\\nlogsource: {category: a}\\ndetection: {s: {F: x}, condition: s} | informational",
                    "title: t\\ntaxonomy: mine\\nlogsource: {category: a}\\ndetection: {s: {F: x}, condition: s} | taxonomy 'mine'",
                    "title: t\\ndate: yesterday\\nlogsource: {category: a}\\ndetection: {s: {F: x}, condition: s} | a date such as",
                    "title: t\\nlogsource: {category: a}\\ndetection: {s: {F: x}, timeframe: 5m, condition: s} | timespan",
                    "action: global\\ntitle: t | action documents",
                    "- a | a document: a list"
                })
        void whatIsNoRuleIsRefused(String document, String expected) {
            assertThat(refusal(document.replace("\\n", "\n"))).hasMessageContaining(expected);
        }

        @Test
        void aRuleIsForEventsThatDeclareItsWholeLogSource() {
            RuleSet set = Rules.load(
                    "title: t\nlogsource: {category: test, product: linux}\ndetection: {s: {F: x}, condition: s}\n");
            assertThat(set.engine().evaluate(Rules.event("{'F':'x'}"), new CorrelationState()))
                    .isEmpty();
        }

        @Test
        void idsAndNamesAreUnique() {
            assertThat(refusal(selection("F: x") + "---\n" + selection("F: y")))
                    .hasMessageContaining("'the-rule' stands for");
        }
    }
}
