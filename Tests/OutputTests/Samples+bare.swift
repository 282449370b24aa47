/// Families whose calls are the answer, with no marker of their own.
extension Sample {
    private static let cityCall = Told.call("get_weather", #"{"city":"Zürich","days":3}"#)

    static let llama: [Sample] = [
        Sample(
            title: "an object",
            format: "llama3",
            output:
                #"{"type": "function", "name": "get_weather", "parameters": {"city": "Zürich", "days": 3}}"#,
            told: [cityCall]
        ),
        Sample(
            title: "several objects",
            format: "llama3",
            specials: ["<|python_tag|>"],
            output: #"<|python_tag|>{"name": "now", "parameters": {}}; {"name": "now", "parameters": {}}"#,
            told: [.call("now", "{}"), .call("now", "{}")]
        ),
        Sample(
            title: "a function that is built in",
            format: "llama3",
            specials: ["<|python_tag|>"],
            output: #"<|python_tag|>search.call(query="a, b")"#,
            told: [.call("search", #"{"query":"a, b"}"#)]
        ),
        Sample(
            title: "a function tag",
            format: "llama3",
            output: #"<function=get_weather>{"city": "Zürich", "days": 3}</function>"#,
            told: [cityCall]
        ),
        Sample(
            title: "an answer in JSON",
            format: "llama3",
            output: #"{"answer": {"name": "now"}}"#,
            told: [.text(#"{"answer": {"name": "now"}}"#)]
        ),
        Sample(
            title: "a schema for an answer",
            format: "llama3",
            output: #"{"type": "object", "properties": {}}"#,
            told: [.text(#"{"type": "object", "properties": {}}"#)]
        ),
        Sample(
            title: "an object in the text",
            format: "llama3",
            output: #"Say {"name": "now", "parameters": {}}."#,
            told: [.text(#"Say {"name": "now", "parameters": {}}."#)]
        ),
        Sample(
            title: "text behind a call",
            format: "llama3",
            output: "{\"name\": \"now\", \"parameters\": {}}\n\nThat's it.",
            told: [.call("now", "{}"), .text("That's it.")]
        ),
        Sample(
            title: "an object without tools",
            format: "llama3",
            output: #"{"name": "now", "parameters": {}}"#,
            hasTools: false,
            told: [.text(#"{"name": "now", "parameters": {}}"#)]
        ),
        Sample(
            title: "is cut in the first key",
            format: "llama3",
            output: #" {"na"#,
            told: [.text(#" {"na"#)]
        ),
    ]

    static let python: [Sample] = [
        Sample(
            title: "a list",
            format: "llama4",
            output:
                "[get_weather(city='Zürich', days=3), search(query=\"it's \\\"q\\\"\", tags=['a', 1.5"
                + ", True, None], filter={'k': [1, 2,], 'e': ''}, exact=False)]",
            told: [
                cityCall,
                .call(
                    "search",
                    #"{"query":"it's \"q\"","tags":["a",1.5,true,null],"filter":{"k":[1,2],"e":""},"exact""#
                        + #":false}"#
                ),
            ]
        ),
        Sample(
            title: "values without names",
            format: "llama4",
            output: "[get_weather('Zürich', 3)]",
            told: [cityCall]
        ),
        Sample(
            title: "a number for a text",
            format: "llama4",
            output: "[search(query=007, limit=5)]",
            told: [.call("search", #"{"query":"007","limit":5}"#)]
        ),
        Sample(
            title: "a text of several lines",
            format: "llama4",
            output: "[write_file(path='', content='''a\n\"b\" 'c'\n''')]",
            told: [.call("write_file", #"{"path":"","content":"a\n\"b\" 'c'\n"}"#)]
        ),
        Sample(
            title: "a list that is text",
            format: "llama4",
            output: "[1] says so, [now] too",
            told: [.text("[1] says so, [now] too")]
        ),
        Sample(
            title: "a fence",
            format: "gemma",
            output: "I will look it up.\n```tool_code\nget_weather(city='Zürich', days=3)\n```\n",
            told: [.text("I will look it up."), cityCall]
        ),
        Sample(
            title: "another fence",
            format: "gemma",
            output: "```python\nprint(1)\n```\n",
            told: [.text("```python\nprint(1)\n```\n")]
        ),
        Sample(
            title: "a list or an object",
            format: "gemma",
            output: "[get_weather(city=\"Zürich\", days=3)]",
            told: [cityCall]
        ),
    ]

    static let phi: [Sample] = [
        Sample(
            title: "a list behind a word",
            format: "phi",
            output:
                #"functools[{"name": "get_weather", "arguments": {"city": "Zürich", "days": 3}}, {"nam"#
                + #"e": "now", "parameters": {}}]"#,
            told: [cityCall, .call("now", "{}")]
        ),
        Sample(
            title: "the word alone",
            format: "phi",
            output: "import functools\nfunctools.reduce(f, [now()])",
            told: [.text("import functools\nfunctools.reduce(f, [now()])")]
        ),
    ]

    static let generic: [Sample] = [
        Sample(
            title: "pairs",
            format: "generic",
            output:
                "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Zürich</arg_value><arg_k"
                + "ey>days</arg_key><arg_value>3</arg_value></tool_call>",
            told: [cityCall]
        ),
        Sample(
            title: "functions",
            format: "generic",
            output: "<tool_call><function=now></function></tool_call>",
            told: [.call("now", "{}")]
        ),
        Sample(
            title: "a bare object",
            format: "generic",
            output: #"{"name": "now", "arguments": {}}"#,
            told: [.call("now", "{}")]
        ),
    ]

    static let all =
        hermes + coder + tagged + mistral + deepSeek + harmony + kimi + braces + sections + llama + python
        + phi
        + generic
}
