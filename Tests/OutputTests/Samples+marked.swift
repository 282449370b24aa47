/// Families that put their calls between markers.
extension Sample {
    private static let cityCall = Told.call("get_weather", #"{"city":"Zürich","days":3}"#)

    static let hermes: [Sample] = [
        Sample(
            title: "thought, text and two calls",
            format: "hermes",
            output: """
                <think>
                The user wants <b>two</b> things.
                </think>

                Let me look.
                <tool_call>
                {"name": "get_weather", "arguments": {"city": "Zürich", "days": 3}}
                </tool_call>
                <tool_call>
                {"arguments": {"query": "a \\"b\\" \\u00e9\\n{}", "tags": ["x", {"y": null\
                }], "filter": {}}, "name": "search"}
                </tool_call>
                """,
            told: [
                .thinking("The user wants <b>two</b> things."), .text("Let me look."), cityCall,
                .call(
                    "search",
                    #"{"query":"a \"b\" é\n{}","tags":["x",{"y":null}],"filter":{}}"#
                ),
            ]
        ),
        Sample(
            title: "the prompt has begun the thought",
            format: "hermes",
            specials: ["<|im_start|>"],
            output: "Hm, <.\n</think>\n\nYes.\n",
            prompt: "<|im_start|>user\nhi <think><|im_start|>assistant\n<think>\n",
            told: [.thinking("Hm, <."), .text("Yes.\n")]
        ),
        Sample(
            title: "the prompt has ended the thought",
            format: "hermes",
            specials: ["<|im_start|>"],
            output: " Yes, 2 < 3.",
            prompt: "<|im_start|>assistant\n<think>\n\n</think>\n\n",
            told: [.text(" Yes, 2 < 3.")]
        ),
        Sample(
            title: "a user's marker is not the prompt's",
            format: "hermes",
            specials: ["<|im_start|>"],
            output: "It opens.",
            prompt: "<|im_start|>assistant\n",
            told: [.text("It opens.")]
        ),
        Sample(
            title: "thinks again between calls",
            format: "hermes",
            output: """
                <think>one</think><tool_call>{"name":"now"}</tool_call>
                <think>two</think>
                done<think>three</think>
                """,
            told: [.thinking("one"), .call("now", "{}"), .thinking("two"), .text("done"), .thinking("three")]
        ),
        Sample(
            title: "a tool that there is not",
            format: "hermes",
            output: #"Go: <tool_call>{"name": "fly", "arguments": {"to": 1}}</tool_call> there"#,
            told: [.text(#"Go: <tool_call>{"name": "fly", "arguments": {"to": 1}}</tool_call> there"#)]
        ),
        Sample(
            title: "no tools at all",
            format: "hermes",
            output: #"<tool_call>{"name": "now"}</tool_call>"#,
            hasTools: false,
            told: [.text(#"<tool_call>{"name": "now"}</tool_call>"#)]
        ),
        Sample(
            title: "what is no JSON",
            format: "hermes",
            output: #"<tool_call>now()</tool_call> <tool_call>{"name": "now"}</tool_call>"#,
            told: [.text("<tool_call>now()</tool_call>"), .call("now", "{}")]
        ),
        Sample(
            title: "arguments that go wrong are told as far as they were right, and the rest as text",
            format: "hermes",
            output: #"<tool_call>{"name": "search", "arguments": {"query": oops}}</tool_call>!"#,
            told: [
                .call("search", #"{"query":"#), .text(" oops}}</tool_call>!"),
            ]
        ),
        Sample(
            title: "is cut within a call",
            format: "hermes",
            output: #"<tool_call>{"name": "get_weather", "arguments": {"city": "Zü"#,
            told: [.call("get_weather", #"{"city":"Zü"#)]
        ),
        Sample(
            title: "is cut before a name",
            format: "hermes",
            output: #"So <tool_call>{"na"#,
            told: [.text(#"So <tool_call>{"na"#)]
        ),
        Sample(
            title: "is cut within a thought",
            format: "hermes",
            output: "<think>\nwell </thi",
            told: [.thinking("well </thi")]
        ),
        Sample(
            title: "arguments as text, and a wrapper",
            format: "hermes",
            output: """
                <tool_call>{"name": "search", "arguments": "{\\"query\\": \\"q\\", \\"limi\
                t\\": 2}"}</tool_call>
                <tool_call>{"id": 7, "type": "function", "function": {"name": "now", "argu\
                ments": null}}</tool_call>
                """,
            told: [.call("search", #"{"query":"q","limit":2}"#), .call("now", "{}")]
        ),
        Sample(
            title: "line breaks within a string",
            format: "hermes",
            output:
                "<tool_call>{\"name\": \"write_file\", \"arguments\": {\"content\": \"a\n\tb\"}}</tool_call>",
            told: [.call("write_file", #"{"content":"a\n\tb"}"#)]
        ),
        Sample(
            title: "a closing marker that nothing opened",
            format: "hermes",
            output: "\n</think>\n\nThe end</think>.",
            told: [.text("The end</think>.")]
        ),
    ]

    static let coder: [Sample] = [
        Sample(
            title: "values by the schema",
            format: "qwen3-coder",
            output: """
                I'll search.
                <tool_call>
                <function=search>
                <parameter=query>
                007
                </parameter>
                <parameter=limit>
                5
                </parameter>
                <parameter=exact>
                True
                </parameter>
                <parameter=tags>
                ["a", 1]
                </parameter>
                <parameter=filter>
                {"k": {"n": null}}
                </parameter>
                <parameter=code>
                null
                </parameter>
                </function>
                </tool_call>
                <tool_call>
                <function=write_file>
                <parameter=path>
                a.html
                </parameter>
                <parameter=content>
                <p class="x">a < b</p>

                {"k": 1}

                </parameter>
                </function>
                </tool_call>
                """,
            told: [
                .text("I'll search."),
                .call(
                    "search",
                    #"{"query":"007","limit":5,"exact":true,"tags":["a",1],"filter":{"k":{"n":null}},"code"#
                        + #"":null}"#
                ),
                .call(
                    "write_file",
                    #"{"path":"a.html","content":"<p class=\"x\">a < b</p>\n\n{\"k\": 1}\n"}"#
                ),
            ]
        ),
        Sample(
            title: "without the wrapper",
            format: "qwen3-coder",
            output: "<function=now>\n</function>\n</tool_call>\nand <function=fly>",
            told: [.call("now", "{}"), .text("and <function=fly>")]
        ),
        Sample(
            title: "a value that is not what the schema wants",
            format: "qwen3-coder",
            output: "<tool_call><function=search><parameter=limit>many</parameter></function></tool_call>",
            told: [.call("search", #"{"limit":"many"}"#)]
        ),
        Sample(
            title: "the end of a value is missing",
            format: "qwen3-coder",
            output:
                "<tool_call><function=search><parameter=query>a<parameter=limit>1</function></tool_call>ok",
            told: [.call("search", #"{"query":"a","limit":1}"#), .text("ok")]
        ),
        Sample(
            title: "is cut within a value",
            format: "qwen3-coder",
            output: "<tool_call>\n<function=search>\n<parameter=query>\nhalf\n",
            told: [.call("search", #"{"query":"half"#)]
        ),
    ]

    static let tagged: [Sample] = [
        Sample(
            title: "pairs",
            format: "glm",
            output: """
                <think>ok</think>I look.
                <tool_call>get_weather
                <arg_key>city</arg_key>
                <arg_value>Zürich</arg_value>
                <arg_key>days</arg_key>
                <arg_value>3</arg_value>
                </tool_call><tool_call>now</tool_call>
                """,
            told: [.thinking("ok"), .text("I look."), cityCall, .call("now", "{}")]
        ),
        Sample(
            title: "pairs without line breaks, with tokens",
            format: "glm",
            specials: [
                "<tool_call>", "</tool_call>", "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>",
            ],
            output: "<tool_call>get_weather<arg_key>city</arg_key><arg_value>Zürich</arg_value>"
                + "<arg_key>days</arg_key><arg_value>3</arg_value></tool_call>",
            told: [cityCall]
        ),
        Sample(
            title: "a boxed answer",
            format: "glm",
            output: "<|begin_of_box|>42<|end_of_box|>",
            told: [.text("42")]
        ),
        Sample(
            title: "pairs of its own",
            format: "longcat",
            output: """
                <longcat_tool_call>get_weather
                <longcat_arg_key>city</longcat_arg_key>
                <longcat_arg_value>Zürich</longcat_arg_value>
                <longcat_arg_key>days</longcat_arg_key>
                <longcat_arg_value>3</longcat_arg_value>
                </longcat_tool_call>
                """,
            told: [cityCall]
        ),
        Sample(
            title: "invocations",
            format: "minimax",
            output: """
                <think>
                m
                </think>
                <minimax:tool_call>
                <invoke name="get_weather">
                <parameter name="city">Zürich</parameter>
                <parameter name="days">3</parameter>
                </invoke>
                <invoke name="search">
                <parameter name="filter">{"a": [1, 2]}</parameter>
                </invoke>
                </minimax:tool_call>
                """,
            told: [.thinking("m"), cityCall, .call("search", #"{"filter":{"a":[1,2]}}"#)]
        ),
        Sample(
            title: "an unknown invocation beside a known one",
            format: "minimax",
            output:
                #"<minimax:tool_call><invoke name="now"></invoke><invoke name="fly"></invoke></minimax"#
                + #":tool_call>"#,
            told: [.call("now", "{}"), .text(#"<invoke name="fly"></invoke></minimax:tool_call>"#)]
        ),
        Sample(
            title: "a family's own signs",
            format: "seed",
            output:
                "<seed:think>s</seed:think><seed:tool_call>\n<function=now>\n</function>\n</seed:tool_call>",
            told: [.thinking("s"), .call("now", "{}")]
        ),
    ]
}
