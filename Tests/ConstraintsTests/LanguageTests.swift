import Constraints
import Contract
import Testing

/// Regexes, choices and grammars.
@Suite struct `A constraint` {
    @Test(arguments: [
        ("[a-c]{2,3}", "ab abc ccc", "a abcd xab"), ("a|b|", "a b", "ab c"),
        ("(foo|bar)+", "foo barfoo", "fo foobarx"),
        ("^a.c$", "abc a😀c", "ac abbc"), (#"\d+\.\d{2}"#, "1.50 12.00", "1.5 .50 ١.٥٠"),
        (#"[^\s"]+"#, "abc é", #"a"b"#), (#"\u0041\x42[\u{43}-D]"#, "ABC ABD", "ABE abc"),
        (#"\p{Lu}\p{L}*"#, "Éa Z", "éa 1"), ("(?:a(?<name>b)?)*?", "a ab aab", "b abb"),
        (#"a{,3}"#, "a{,3}", "aaa"), (#"[\w-]+"#, "a-b_9", "a.b"), ("x*x{3}", "xxx xxxxx", "xx"),
        ("(a?){3}b", "b ab aaab", "aaaab a"), ("(ab|a)(bc)?", "a ab abc abbc", "abcc"),
    ]) func `decides about the whole text of a regex`(regex: String, accepted: String, refused: String) throws
    {
        let constraint = try CompiledConstraint(OutputConstraint(.regex, regex))
        for text in accepted.split(separator: " ") { #expect(constraint.accepts(text.utf8), "\(text)") }
        for text in refused.split(separator: " ") { #expect(!constraint.accepts(text.utf8), "\(text)") }
    }

    @Test(arguments: [
        (#"(a)\1"#, "backreference"), ("(?=a)b", "lookahead"), ("(?<!a)b", "lookbehind"),
        (#"\bword"#, "word boundary"),
        ("a++", "possessive quantifier"), ("(?>a)", "atomic group"), ("(?i)a", "inline flag"),
        ("(a|b)*a(a|b){24}", "size"), ("((a{1000}){1000}){1000}", "size"),
    ]) func `names what is not regular or too large`(regex: String, construct: String) {
        #expect {
            _ = try CompiledConstraint(OutputConstraint(.regex, regex))
        } throws: { error in
            (error as? ConstraintError)?.keyword == construct
        }
    }

    @Test(arguments: [
        "(", ")", "[a", "a{2,1}", "*a", #"\"#, "[z-a]", #"\p{Nonsense}"#,
        String(repeating: "(", count: 10_000),
    ])
    func `refuses a broken regex`(regex: String) {
        #expect(throws: ConstraintError.self) { _ = try CompiledConstraint(OutputConstraint(.regex, regex)) }
    }

    @Test func `is one of some texts`() throws {
        let constraint = try CompiledConstraint(OutputConstraint(.choice, #"["yes","no","maybe not","é"]"#))
        for text in ["yes", "no", "maybe not", "é"] { #expect(constraint.accepts(text.utf8)) }
        for text in ["", "ye", "yesno", "maybe", "e"] { #expect(!constraint.accepts(text.utf8)) }
    }

    private static let arithmetic = """
        # a comment
        root  ::= expr "=" term "\\n"
        expr  ::= term ([-+*/] term)*
        term  ::= ident | num
            | "(" ws expr ")" ws
        ident ::= [a-z] [a-z0-9_]* ws
        num   ::= [0-9]+ ws
        ws    ::= [ \\t\\n]*
        """

    @Test func `follows a grammar`() throws {
        let constraint = try CompiledConstraint(OutputConstraint(.grammar, Self.arithmetic))
        for text in ["1+2=3\n", "(a*(b +4))=x1\n", "a=b\n", "((((1))))=2 \n"] {
            #expect(constraint.accepts(text.utf8), "\(text)")
        }
        for text in ["1+=3\n", "(a=b\n", "a=b", "=\n"] { #expect(!constraint.accepts(text.utf8), "\(text)") }
    }

    @Test func `takes no stack for a list that is written as an element and a list`() throws {
        let grammar = OutputConstraint(.grammar, ##"root ::= [a-z] root | ".""##)
        let constraint = try CompiledConstraint(grammar)
        #expect(constraint.accepts((String(repeating: "x", count: 5000) + ".").utf8))
    }

    @Test func `counts repetitions of rules`() throws {
        let constraint = try CompiledConstraint(
            OutputConstraint(.grammar, "root ::= pair{2,1000000} \"!\"\npair ::= \"(\" pair? \")\"")
        )
        for text in ["()()!", "(())()()!"] { #expect(constraint.accepts(text.utf8)) }
        for text in ["()!", "!", "()(!"] { #expect(!constraint.accepts(text.utf8)) }
    }

    @Test(arguments: [
        "root ::= root \"a\" | \"b\"", "root ::= a\na ::= b? root", "a ::= \"x\"", "root ::= nothing",
        "root ::= \"a",
        "root ::= (", "root ::= [a", "root = \"a\"", "root ::= \"a\"\nroot ::= \"b\"",
        "root ::= \"(\" root \")\"", "",
    ]) func `refuses a grammar that cannot be followed`(grammar: String) {
        #expect(throws: ConstraintError.self) {
            _ = try CompiledConstraint(OutputConstraint(.grammar, grammar))
        }
    }
}
