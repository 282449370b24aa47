/// Families whose markers are special tokens.
extension Sample {
    private static let cityCall = Told.call("get_weather", #"{"city":"Zürich","days":3}"#)

    static let mistral: [Sample] = [
        Sample(
            title: "a list",
            format: "mistral",
            specials: ["[TOOL_CALLS]"],
            output:
                #"[TOOL_CALLS] [{"name": "get_weather", "arguments": {"city": "Zürich", "days": 3}, "i"#
                + #"d": "abcDEF123"}, {"name": "now", "arguments": {}, "id": "000000000"}]"#,
            told: [cityCall, .call("now", "{}")]
        ),
        Sample(
            title: "names and objects",
            format: "mistral",
            specials: ["[TOOL_CALLS]"],
            output: #"One moment.[TOOL_CALLS]get_weather{"city": "Zürich", "days": 3}[TOOL_CALLS]now{}"#,
            told: [.text("One moment."), cityCall, .call("now", "{}")]
        ),
        Sample(
            title: "names, arguments and thought",
            format: "mistral",
            specials: ["[TOOL_CALLS]", "[ARGS]", "[CALL_ID]", "[THINK]", "[/THINK]"],
            output:
                #"[THINK]a [TOOL_X] b[/THINK]Sure.[TOOL_CALLS]get_weather[ARGS]{"city": "Zürich", "day"#
                + #"s": 3}[TOOL_CALLS]now[CALL_ID]abcDEF123[ARGS]{}"#,
            told: [.thinking("a [TOOL_X] b"), .text("Sure."), cityCall, .call("now", "{}")]
        ),
        Sample(
            title: "a spelled marker is text",
            format: "mistral",
            specials: ["[TOOL_CALLS]"],
            output: "Write [TOOL_CALLS",
            told: [.text("Write [TOOL_CALLS")]
        ),
        Sample(
            title: "an unknown name",
            format: "mistral",
            specials: ["[TOOL_CALLS]", "[ARGS]"],
            output: #"[TOOL_CALLS]fly[ARGS]{"a": 1}"#,
            told: [.text(#"[TOOL_CALLS]fly[ARGS]{"a": 1}"#)]
        ),
    ]

    private static let deepSeekTokens =
        [
            "begin", "end",
        ].flatMap { ["<｜tool▁calls▁\($0)｜>", "<｜tool▁call▁\($0)｜>"] } + ["<｜tool▁sep｜>", "<｜Assistant｜>"]

    static let deepSeek: [Sample] = [
        Sample(
            title: "fenced",
            format: "deepseek",
            specials: deepSeekTokens,
            output: """
                Thinking aloud.
                </think>

                Calling.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather
                ```json
                {"city": "Zürich", "days": 3}
                ```<｜tool▁call▁end｜>
                <｜tool▁call▁begin｜>function<｜tool▁sep｜>now
                ```json
                {}
                ```<｜tool▁call▁end｜><｜tool▁calls▁end｜>
                """,
            prompt: "x<｜Assistant｜><think>\n",
            told: [.thinking("Thinking aloud."), .text("Calling."), cityCall, .call("now", "{}")]
        ),
        Sample(
            title: "bare",
            format: "deepseek",
            specials: deepSeekTokens,
            output:
                #"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city": "Zürich", "da"#
                + #"ys": 3}<｜tool▁call▁end｜><｜tool▁call▁begin｜>now<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁"#
                + #"calls▁end｜>"#,
            prompt: "<｜Assistant｜></think>",
            told: [cityCall, .call("now", "{}")]
        ),
        Sample(
            title: "spelled as distilled models do",
            format: "deepseek",
            output:
                "<｜tool_calls_begin｜><｜tool_call_begin｜>function<｜tool_sep｜>now\n```json\n{}\n```<｜to"
                + "ol_call_end｜><｜tool_calls_end｜>",
            told: [.call("now", "{}")]
        ),
        Sample(
            title: "no tags at all",
            format: "deepseek",
            output: "Just <｜ that.",
            told: [.text("Just <｜ that.")]
        ),
    ]

    private static let harmonyTokens = [
        "<|start|>", "<|channel|>", "<|message|>", "<|end|>", "<|call|>", "<|return|>", "<|constrain|>",
    ]

    static let harmony: [Sample] = [
        Sample(
            title: "analysis, preamble and a call",
            format: "harmony",
            specials: harmonyTokens,
            output:
                #"<|channel|>analysis<|message|>Need the weather.<|end|><|start|>assistant<|channel|>c"#
                + #"ommentary<|message|>I look.<|end|><|start|>assistant<|channel|>commentary to=functio"#
                + #"ns.get_weather <|constrain|>json<|message|>{"city": "Zürich", "days": 3}<|call|>"#,
            prompt: "<|start|>user<|message|>hi<|end|><|start|>assistant",
            told: [.thinking("Need the weather."), .text("I look."), cityCall]
        ),
        Sample(
            title: "a final answer",
            format: "harmony",
            specials: harmonyTokens,
            output:
                "<|channel|>analysis<|message|>Easy.<|end|><|start|>assistant<|channel|>final <|const"
                + "rain|>JSON<|message|>{\"a\": 1}\n<|return|>",
            prompt: "<|start|>assistant",
            told: [.thinking("Easy."), .text("{\"a\": 1}")]
        ),
        Sample(
            title: "the recipient comes with the role",
            format: "harmony",
            specials: harmonyTokens,
            output: " to=functions.now<|channel|>commentary json<|message|>{}<|call|>",
            prompt: "<|start|>assistant",
            told: [.call("now", "{}")]
        ),
        Sample(
            title: "an unknown recipient",
            format: "harmony",
            specials: harmonyTokens,
            output: #"<|channel|>commentary to=functions.fly<|message|>{"a":1}<|call|>"#,
            prompt: "<|start|>assistant",
            told: [.text(#"assistant<|channel|>commentary to=functions.fly<|message|>{"a":1}"#)]
        ),
        Sample(
            title: "is cut within the analysis",
            format: "harmony",
            specials: harmonyTokens,
            output: "<|channel|>analysis<|message|>We",
            prompt: "<|start|>assistant",
            told: [.thinking("We")]
        ),
    ]

    static let kimi: [Sample] = [
        Sample(
            title: "a section",
            format: "kimi",
            specials: [
                "<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", "<|tool_call_begin|>",
                "<|tool_call_end|>", "<|tool_call_argument_begin|>",
            ],
            output:
                #"<think>k</think>Ok.<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weat"#
                + #"her:4<|tool_call_argument_begin|>{"city": "Zürich", "days": 3}<|tool_call_end|><|too"#
                + #"l_call_begin|>functions.now:5<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_c"#
                + #"alls_section_end|>"#,
            told: [.thinking("k"), .text("Ok."), cityCall, .call("now", "{}")]
        )
    ]

    static let braces: [Sample] = [
        Sample(
            title: "bare keys",
            format: "gemma4",
            specials: ["<|tool_call>", "<tool_call|>", #"<|"|>"#, "<|channel>", "<channel|>"],
            output:
                #"<|channel>thought\#nDo I "look"?<channel|>Yes.<|tool_call>call:search{query:<|"|>a ""#
                + #"b", {c}<|"|>,limit:42,exact:true,tags:[<|"|>x<|"|>,<|"|>y<|"|>],filter:{k:<|"|>v<|"|"#
                + #">,n:null}}<tool_call|><|tool_call>call:now{}<tool_call|>"#,
            told: [
                .thinking(#"Do I "look"?"#), .text("Yes."),
                .call(
                    "search",
                    #"{"query":"a \"b\", {c}","limit":42,"exact":true,"tags":["x","y"],"filter":{"k":"v",""#
                        + #"n":null}}"#
                ),
                .call("now", "{}"),
            ]
        ),
        Sample(
            title: "escaped values",
            format: "functiongemma",
            specials: ["<start_function_call>", "<end_function_call>", "<escape>"],
            output:
                "<start_function_call>call:get_weather{city:<escape>Zürich<escape>,days:3}<end_functi"
                + "on_call>",
            told: [cityCall]
        ),
        Sample(
            title: "escaped values, spelled",
            format: "functiongemma",
            output:
                "<start_function_call>call:get_weather{city:<escape>Zürich<escape>,days:3}<end_functi"
                + "on_call>",
            told: [cityCall]
        ),
    ]

    static let sections: [Sample] = [
        Sample(
            title: "a list behind a token",
            format: "granite",
            specials: ["<|tool_call|>"],
            output:
                #"<|tool_call|>[{"name": "get_weather", "arguments": {"city": "Zürich", "days": 3}}, {"#
                + #""name": "now", "arguments": {}}]"#,
            told: [cityCall, .call("now", "{}")]
        ),
        Sample(
            title: "between tokens",
            format: "granite",
            specials: ["<tool_call>", "</tool_call>"],
            output: #"Hm.<tool_call>{"name": "now", "arguments": {}}</tool_call>"#,
            told: [.text("Hm."), .call("now", "{}")]
        ),
        Sample(
            title: "phrases",
            format: "granite",
            output:
                "Here is my thought process:\n\nI think.\n\nHere is my response:\n\nSo: Here is my th"
                + "ought process: none.",
            told: [.thinking("I think."), .text("So: Here is my thought process: none.")]
        ),
        Sample(
            title: "a phrase that nothing opened",
            format: "granite",
            output: "Here is my response: no.",
            told: [.text("Here is my response: no.")]
        ),
        Sample(
            title: "an action",
            format: "cohere",
            specials: ["<|START_ACTION|>", "<|END_ACTION|>", "<|START_THINKING|>", "<|END_THINKING|>"],
            output:
                #"<|START_THINKING|>I will.<|END_THINKING|><|START_ACTION|>[\#n    {"tool_call_id": "0"#
                + #"", "tool_name": "get_weather", "parameters": {"city": "Zürich", "days": 3}}\#n]<|END"#
                + #"_ACTION|>"#,
            told: [.thinking("I will."), cityCall]
        ),
        Sample(
            title: "a response",
            format: "cohere",
            specials: ["<|START_RESPONSE|>", "<|END_RESPONSE|>"],
            output: "<|START_RESPONSE|>Hello there.<|END_RESPONSE|>",
            told: [.text("Hello there.")]
        ),
        Sample(
            title: "Python between tokens",
            format: "lfm2",
            specials: ["<|tool_call_start|>", "<|tool_call_end|>"],
            output:
                #"<|tool_call_start|>[get_weather(city="Zürich", days=3), now()]<|tool_call_end|>Looking."#,
            told: [cityCall, .call("now", "{}"), .text("Looking.")]
        ),
        Sample(
            title: "Python on lines",
            format: "olmo3",
            output: "<function_calls>get_weather(city='Zürich', days=3)\nnow()</function_calls>",
            told: [cityCall, .call("now", "{}")]
        ),
    ]
}
