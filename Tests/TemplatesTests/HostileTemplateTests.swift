import JSON
import Templates
import TestSupport
import Testing

@Suite struct `A hostile template` {
    @Test(arguments: [
        "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m(n) %}{{ m(n + 1) }}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}",
        "{{ 'x' * 999999999999 }}", "{{ [0] * 999999999999 }}", "{{ range(999999999) }}", "{{ 9 ** 9 ** 9 }}",
        "{% set ns = namespace(x='ab') %}{% for i in range(9999) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(9999) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[]) %}{% for i in range(99999) %}{% set ns.x = [ns.x] %}{% endfor %}",
        "{% set ns = namespace(x=[]) %}{% for i in range(99999) %}{% set ns.x = [ns.x.count] %}{% endfor %}",
        "{% set ns = namespace(x=[]) %}{% for i in range(99999) %}{% for y in [ns.x] %}"
            + "{% set ns.x = [loop] %}{% endfor %}{% endfor %}",
        "{% set ns = namespace(x=[]) %}{% for i in range(100) %}{% set ns.x = [ns.x, ns.x] %}"
            + "{% endfor %}{{ ns.x == [ns.x, 1] }}{{ ns.x | tojson }}",
        "{{ ('a' * 1000000).replace('', 'b' * 1000) }}",
        "{{ '%9999999999d' % 1 ~ '%s' * 5000000 }}{{ 1 / 0 }}",
        "{{ ('a' * 4000000) | list }}", "{{ ['x' * 1000000] * 1000 | join('y') }}",
        "{{ (['x' * 1000000] * 1000) | join('y') }}", "{{ ('x\n' * 400000) | indent(100) }}",
    ]) func `runs out of its allowance`(source: String) throws {
        let template = try ChatTemplate(source)
        let error = #expect(throws: TemplateError.self) { try template.render([:], now: nil) }
        #expect(error?.raised == false)
    }

    @Test(arguments: [
        ("(", ")"), ("[", "]"), ("not ", ""), ("-", ""), ("{% if 1 %}", "{% endif %}"), ("{{ [", "] }}"),
        ("1 if ", ""),
        ("x(", ")"), ("{'a':", "}"), ("a ~ ", ""), ("a + ", ""), ("a | trim", ""), ("a.b", ""), ("1 < ", ""),
        ("{% set x %}", "{% endset %}"), ("{% for a in (", ") %}"),
    ]) func `cannot use up the stack while it is read`(open: String, close: String) {
        for count in [10, 1000, 50_000] {
            let inner = String(repeating: open, count: count) + "1" + String(repeating: close, count: count)
            for source in [inner, "{{ \(inner) }}", "{% if \(inner) %}{% endif %}"]
            where source.utf8.count < 1 << 20 {
                if let template = try? ChatTemplate(source) { _ = try? template.render([:], now: nil) }
            }
        }
    }

    @Test(arguments: [
        "{{ range(0, 9223372036854775807, 9223372036854775806) | list }}",
        "{{ 'abc'[(-9223372036854775807 - 1):] }}",
        "{{ [1, 2][::(-9223372036854775807 - 1)] }}{{ [1][9223372036854775807] }}",
        "{{ (-9223372036854775807 - 1) // -1 }}",
        "{{ 'a'.zfill(-9223372036854775807) }}{{ 'a' | center(-9223372036854775807) }}",
        "{{ 1.5 | round(9223372036854775807) }}",
        "{{ 1.5 | round(-9223372036854775807) }}{{ 1e308 | int }}",
        "{{ 'a' | indent(-9223372036854775807) }}",
        "{{ 'a,b'.split(',', 9223372036854775807) }}{{ 2 ** -9223372036854775807 }}",
        "{{ '%.9999f' % 1e300 }}",
        "{{ (-9223372036854775807 - 1) | abs }}", "{{ 'ab'.replace('a', 'b', -9223372036854775807) }}",
    ]) func `cannot overflow a number`(source: String) throws {
        let template = try ChatTemplate(source)
        _ = try? template.render([:], now: nil)
    }

    @Test func `may hold itself without leaking or hanging`() throws {
        let source =
            "{% set ns = namespace() %}{% set ns.me = ns %}{% set ns.all = [ns] %}{{ ns.me.all | length }}"
        #expect(try render(source) == "1")
        #expect(throws: TemplateError.self) { try render(source + "{{ ns }}") }
    }

    @Test func `is refused when it is too long`() {
        #expect(throws: TemplateError.self) { try ChatTemplate(String(repeating: "x", count: 2 << 20)) }
    }

    /// Thousands of templates with random damage: each renders or is refused, and soon.
    @Test func `wraps a long word in a time that grows with its length`() throws {
        let template = try ChatTemplate("{{ ('ab' * 500000) | wordwrap(3) | length }}")
        #expect(try template.render([:], now: nil) == "1333333")
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>) func `never takes the process with it`(seed: UInt64) throws
    {
        var random = SplitMix64(seed: seed)
        for _ in 0..<600 {
            var bytes = Array((Self.seeds.randomElement(using: &random) ?? "").utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                let piece = Array((Self.pieces.randomElement(using: &random) ?? "").utf8)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0x20...0x7E, using: &random)
                case 1:
                    bytes.removeSubrange(
                        place..<min(bytes.count, place + Int.random(in: 1...6, using: &random))
                    )
                case 2: bytes.insert(contentsOf: piece, at: place)
                default: bytes.replaceSubrange(place..<min(bytes.count, place + piece.count), with: piece)
                }
                if bytes.isEmpty { bytes = [0x20] }
            }
            let source = String(decoding: bytes, as: UTF8.self)
            guard let template = try? ChatTemplate(source) else { continue }
            _ = try? template.render(sample, now: "2026-03-14T15:09:26")
        }
    }

    private static let pieces = [
        "{{", "}}", "{%", "%}", "-%}", "{#", "#}", "(", ")", "[", "]", "|tojson", "|join", "|list", "[::-1]",
        "[1:]", ".x",
        " is defined", " in ", " not ", " if ", " else ", "~", "**", "9999999", "-1", "none", "'a'",
        "missing", "loop",
        "numbers", "text", "object", "messages", "é", "\n", "%s", "*", "//", "==", ", ", "=", ".items()",
        "|sort", "|map('upper')",
    ]
    private static let seeds = [
        "{%- for m in messages if m.role != 'x' %}{{ loop.index0 ~ m['content'] | trim }}\n{%- endfor %}",
        "{% set ns = namespace(a=1) %}{% for i in range(5) %}{% set ns.a = ns.a * 2 + i %}"
            + "{% endfor %}{{ ns.a ** 2 }}",
        "{% macro m(a, b=[1, 2]) %}{{ a }}{{ b[0:1] | tojson(indent=2) }}{% endmacro %}"
            + "{{ m(object, b=numbers) }}{{ m(text) }}",
        "{% if text is string and 'W' in text %}"
            + "{{ text.split(', ')[-1].upper()[::2] }}{% elif half > 2 %}a{% else %}b{% endif %}",
        "{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | join(', ')"
            + " | replace('h', 'H') }}",
        "{% set x %}{{ '%s %d' % ('a', count) }}{% endset %}{% filter indent(2) %}"
            + "{{ x }}\nb{% endfilter %}{{ strftime_now('%d %B') }}",
        "{% call(x) m2() %}{{ x }}{% endcall %}{% macro m2() %}{{ caller(1.5e3) }}{% endmacro %}"
            + "{% raw %}{{ a }}{% endraw %}",
    ]
}
