import JSON
import Templates
import Testing

/// Renders a one-off template over a few variables.
func render(_ source: String, _ variables: JSONObject = sample, now: String? = nil) throws -> String {
    try ChatTemplate(source).render(variables, now: now)
}

let sample: JSONObject = [
    "text": "Hello, Wörld", "count": 3, "half": 2.5, "yes": true, "nothing": nil, "numbers": [3, 1, 2],
    "object": ["b": 1, "a": [1, ["x": nil]]],
    "messages": [["role": "user", "content": "hi"], ["role": "assistant", "content": "yo"]],
]

@Suite struct `The template language` {
    @Test(arguments: [
        ("{{ 1 + 2 * 3 ** 2 // 4 }}", "5"), ("{{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }}", "-4 2 3.5"),
        ("{{ 1 < 2 < 3 }}{{ 1 == true }}{{ not 1 in [2] }}", "TrueTrueTrue"),
        ("{{ 'a' ~ 1 ~ none ~ missing ~ 1.0 }}", "a1None1.0"), ("{{ 'a' 'b' \"c\" }}", "abc"),
        ("{{ 'x' if missing else 'y' }}{{ 1 if false }}", "y"), (#"{{ "\n\x41é\101\q" }}"#, "\nAéA\\q"),
        ("{{ text[1:4] }}{{ text[::-1][0] }}{{ numbers[-1] }}", "elld2"),
        ("{{ 1e16 }} {{ 0.00001 }} {{ 3.0 }}", "1e+16 1e-05 3.0"),
        ("{{ [1, 'it\\'s', none, (1,), {'a': 2.0}] }}", "[1, \"it's\", None, (1,), {'a': 2.0}]"),
        ("{{ 'e\u{301}' == '\u{E9}' }}", "False"),
        ("{{ numbers + [9] }}{{ [0] * 3 }}", "[3, 1, 2, 9][0, 0, 0]"),
        ("{{ '%s-%03d-%.2f' % ('a', 7, 2.675) }}", "a-007-2.67"), ("{{ '{} {}'.format(1, 2) }}", "1 2"),
    ]) func `calculates as Python does`(source: String, expected: String) throws {
        #expect(try render(source) == expected)
    }

    @Test(arguments: [
        (
            "{% for n in numbers if n > 1 %}"
                + "{{ loop.index }}/{{ loop.length }}:{{ n }}{{ ',' if not loop.last }}{% endfor %}",
            "1/2:3,2/2:2"
        ),
        (
            "{% for k, v in object.items() %}{{ k }}={{ v }};{% else %}none{% endfor %}",
            "b=1;a=[1, {'x': None}];"
        ),
        ("{% for n in [] %}x{% else %}none{% endfor %}", "none"),
        ("{% for n in numbers %}{% if n == 1 %}{% continue %}{% endif %}{{ n }}{% break %}{% endfor %}", "3"),
        ("{% set x = 1 %}{% for n in numbers %}{% set x = n %}{% endfor %}{{ x }}", "1"),
        (
            "{% set ns = namespace(x=0) %}{% for n in numbers %}{% set ns.x = ns.x + n %}{% endfor %}"
                + "{{ ns.x }}",
            "6"
        ),
        ("{% if count == 1 %}a{% elif count == 3 %}b{% else %}c{% endif %}", "b"),
        ("{% set t | upper %}a{{ count }}{% endset %}{{ t }}", "A3"),
        (
            "{% macro m(a, b=2) %}[{{ a }}{{ b }}{{ varargs }}]{% endmacro %}{{ m(1) }}{{ m(1, 3, 4) }}",
            "[12()][13(4,)]"
        ),
        ("{% macro m() %}<{{ caller(5) }}>{% endmacro %}{% call(x) m() %}c{{ x }}{% endcall %}", "<c5>"),
        ("{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a }}", "3"),
        ("{% filter upper %}ab{% endfilter %}", "AB"),
        ("{% generation %}{{ text }}{% endgeneration %}", "Hello, Wörld"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
    ]) func `runs its tags`(source: String, expected: String) throws {
        #expect(try render(source) == expected)
    }

    @Test(arguments: [
        ("  {% if yes %}\n  x\n  {% endif %}\ny\n", "  x\ny"),
        ("a  {%- if yes %} b {%- endif -%}  c", "a b" + "c"),
        ("  {%+ if yes +%}\nx{% endif %}", "  \nx"), ("a\n  {# c #}\nb", "a\nb"), ("a {{- 1 -}} \n b", "a1b"),
        ("a\r\nb\rc\n\n", "a\nb\nc\n"), ("a {%- raw -%} {{ x }} {%- endraw -%} b", "a{{ x }}b"),
    ]) func `treats white space as transformers does`(source: String, expected: String) throws {
        #expect(try render(source) == expected)
    }

    @Test(arguments: [
        ("{{ object | tojson }}", #"{"b": 1, "a": [1, {"x": null}]}"#),
        (
            "{{ object | tojson(indent=2) }}",
            "{\n  \"b\": 1,\n  \"a\": [\n    1,\n    {\n      \"x\": null\n    }\n  ]\n}"
        ),
        ("{{ object | tojson(separators=(',', ':'), sort_keys=true) }}", #"{"a":[1,{"x":null}],"b":1}"#),
        (#"{{ "é<\n\"" | tojson }}{{ "é" | tojson(ensure_ascii=true) }}"#, #""é<\n\"""\u00e9""#),
        ("{{ ' a ' | trim | upper | replace('A', 'b') }}", "b"),
        ("{{ numbers | sort | join('-') }}", "1-2-3"),
        (
            "{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | list }}",
            "['hi']"
        ),
        (
            "{{ object | dictsort }}{{ object | items | list | length }}",
            "[('a', [1, {'x': None}]), ('b', 1)]2"
        ),
        ("{{ missing | default('d') }}{{ '' | d('e', true) }}", "de"),
        ("{{ 'a\nb\n\nc' | indent }}", "a\n    b\n\n    c"),
        ("{{ 2.5 | round }}{{ '7.9' | int }}{{ 'x' | float }}{{ -3 | abs }}", "2.070.03"),
        ("{{ 'hELLO wORLD' | title }}{{ 'aB' | capitalize }}", "Hello WorldAb"),
        ("{{ ['b', 'A', 'a'] | unique | list }}{{ numbers | min }}{{ numbers | sum }}", "['b', 'A']16"),
    ]) func `applies filters`(source: String, expected: String) throws {
        #expect(try render(source) == expected)
    }

    @Test(arguments: [
        ("{{ 'a,b,c'.split(',', 1) }}{{ ' a  b '.split() }}", "['a', 'b,c']['a', 'b']"),
        ("{{ 'xxax'.strip('x') }}{{ '\n a'.lstrip('\n') }}", "a a"),
        ("{{ text.startswith(('x', 'He')) }}", "True"),
        ("{{ object.get('zz', 5) }}{{ object.keys() | list }}", "5['b', 'a']"),
        ("{{ 'abcab'.rfind('ab') }}", "3"),
        ("{{ 'a</t>b'.split('</t>')[-1].lstrip('\n') }}", "b"), ("{{ 'ΑΣ'.lower() }}", "ας"),
    ]) func `calls methods`(source: String, expected: String) throws {
        #expect(try render(source) == expected)
    }

    @Test(arguments: [
        ("{{ missing.x }}", "'missing' is undefined"),
        ("{{ object.z.y }}", "'dict object' has no attribute 'z'"),
        ("{{ 'a' + 1 }}", "can only concatenate str (not \"int\") to str"),
        ("{% for x in 5 %}{% endfor %}", "'int' object is not iterable"),
        ("{{ numbers.append(1) }}", "access to attribute 'append' of 'list' object is unsafe."),
        ("{{ 1 | nothing }}", "No filter named 'nothing'."),
        ("{{ 1 // 0 }}", "integer division or modulo by zero"),
        ("{{ 9223372036854775807 + 1 }}", "a number does not fit into 64 bits"),
        ("{{ missing | tojson }}", "Object of type Undefined is not JSON serializable"),
    ]) func `refuses what Python refuses`(source: String, message: String) throws {
        let error = #expect(throws: TemplateError.self) { try render("\n" + source) }
        #expect(error?.message == message)
        #expect(error?.raised == false)
        #expect(error?.line == 2)
    }

    @Test func `tells when the template itself refused`() {
        let error = #expect(throws: TemplateError.self) { try render("{{ raise_exception('no ' ~ count) }}") }
        #expect(error == TemplateError("no 3", raised: true, line: 1))
    }

    @Test func `tells the time that it was given, and no other`() throws {
        let format = "{{ strftime_now('%d %b %Y, %A %j %H:%M %-I %p %%') }}"
        #expect(try render(format, now: "2026-03-14T15:09:26") == "14 Mar 2026, Saturday 073 15:09 3 PM %")
        #expect(throws: TemplateError.self) { try render(format) }
        #expect(throws: TemplateError.self) { try render("x", now: "yesterday") }
    }

    @Test(arguments: [
        "{{", "{% if %}", "{% for x %}", "{{ (1 }}", "{{ 'a }}", "{% endfor %}", "{# ", "{{ a b }}",
        "{% do x %}", "{% raw %}x", "{% if x %}", "{{ 1 + }}", "{% set true = 1 %}", "{{ [1, }}",
        "{{ 99999999999999999999 }}",
    ]) func `says in which line a template is broken`(source: String) {
        let error = #expect(throws: TemplateError.self) { try ChatTemplate("a\nb\n" + source) }
        #expect(error?.line == 3)
    }
}
