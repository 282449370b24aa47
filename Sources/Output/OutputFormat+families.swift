/// The families, the most particular first: of several whose signs fit, the first is taken.
extension OutputFormat {
    public static let all: [OutputFormat] = [
        harmony, gemma4, functionGemma, deepSeek, kimi, miniMax, longCat, seed, qwenCoder, glm, cohere, lfm,
        olmo, granite, mistral, phi, hermes, llama4, llama3, gemma, generic,
    ]

    public static func named(_ name: String) -> OutputFormat? { all.first { $0.name == name } }

    private static let harmony = OutputFormat(
        name: "harmony",
        channels: ChannelFormat(
            start: "<|start|>",
            channel: "<|channel|>",
            body: "<|message|>",
            ends: ["<|end|>", "<|call|>", "<|return|>"],
            thinkingChannel: "analysis",
            endOfThinking: "<|end|><|start|>assistant<|channel|>final<|message|>",
            answerChannel: "final",
            callChannel: "commentary",
            language: "<|constrain|>"
        ),
        endTokens: ["<|call|>", "<|return|>"],
        signs: [["<|channel|>", "<|message|>"]]
    )

    private static let gemma4 = OutputFormat(
        name: "gemma4",
        thinking: ThinkingFormat(
            opens: [["<|channel>", "thought\n"]],
            closes: ["<channel|>"],
            endOfThinking: "<channel|>"
        ),
        calls: [
            CallFormat(
                opens: ["<|tool_call>"],
                closes: ["<tool_call|>"],
                syntaxes: [.named(.braces(quotedBy: #"<|"|>"#))]
            )
        ],
        signs: [["<|tool_call>"], ["<|turn>"]]
    )

    private static let functionGemma = OutputFormat(
        name: "functiongemma",
        calls: [
            CallFormat(
                opens: ["<start_function_call>"],
                closes: ["<end_function_call>"],
                syntaxes: [.named(.braces(quotedBy: "<escape>"))]
            )
        ],
        endTokens: ["<start_function_response>"],
        signs: [["<start_function_call>"]]
    )

    /// What some distilled models make of the marks between the words.
    private static func deepSeekMarkers(_ words: String...) -> [Marker] {
        ["\u{2581}", "_", " ", "\\_"].map {
            Marker(stringLiteral: "<\u{FF5C}\(words.joined(separator: $0))\u{FF5C}>")
        }
    }

    private static let deepSeek = OutputFormat(
        name: "deepseek",
        thinking: .usual,
        calls: [
            CallFormat(
                opens: deepSeekMarkers("tool", "calls", "begin"),
                closes: deepSeekMarkers("tool", "calls", "end"),
                itemOpens: deepSeekMarkers("tool", "call", "begin"),
                itemCloses: deepSeekMarkers("tool", "call", "end") + ["```"],
                syntaxes: [
                    .named(
                        NamedSyntax(
                            separators: deepSeekMarkers("tool", "sep"),
                            heads: [
                                .init(close: [.marker(deepSeekMarkers("tool", "sep"))]),
                                .init(
                                    open: deepSeekMarkers("tool", "sep").map { $0.behind("function") },
                                    close: [.pattern("\n```json\n")],
                                    end: "\n```"
                                ),
                            ]
                        )
                    )
                ]
            )
        ],
        signs: [["<\u{FF5C}tool\u{2581}calls\u{2581}begin\u{FF5C}>"], ["<\u{FF5C}Assistant\u{FF5C}>"]]
    )

    private static let kimi = OutputFormat(
        name: "kimi",
        calls: [
            CallFormat(
                opens: ["<|tool_calls_section_begin|>"],
                closes: ["<|tool_calls_section_end|>"],
                itemOpens: ["<|tool_call_begin|>"],
                itemCloses: ["<|tool_call_end|>"],
                syntaxes: [
                    .named(
                        NamedSyntax(
                            separators: ["<|tool_call_argument_begin|>"],
                            heads: [
                                .init(
                                    open: ["functions."],
                                    close: [
                                        .pattern(":[0-9]{1,3}"), .marker(["<|tool_call_argument_begin|>"]),
                                    ]
                                )
                            ]
                        )
                    )
                ]
            )
        ],
        callIDs: .counted,
        signs: [["<|tool_calls_section_begin|>"]]
    )

    private static let miniMax = OutputFormat(
        name: "minimax",
        thinking: ThinkingFormat(opens: ["<think>", "<mm:think>"], closes: ["</think>", "</mm:think>"]),
        calls: [
            CallFormat(
                opens: ["<minimax:tool_call>"],
                closes: ["</minimax:tool_call>"],
                syntaxes: [.tagged(.invocations), .json]
            )
        ],
        signs: [["<minimax:tool_call>"], ["minimax:tool_call"]]
    )

    private static let longCat = OutputFormat(
        name: "longcat",
        thinking: ThinkingFormat(
            opens: ["<think>", "<longcat_think>"],
            closes: ["</think>", "</longcat_think>"]
        ),
        calls: [
            CallFormat(
                opens: ["<longcat_tool_call>"],
                closes: ["</longcat_tool_call>"],
                syntaxes: [.json, .tagged(.pairs("longcat_"))]
            )
        ],
        signs: [["<longcat_tool_call>"]]
    )

    private static let seed = OutputFormat(
        name: "seed",
        thinking: ThinkingFormat(opens: ["<seed:think>"], closes: ["</seed:think>"]),
        calls: [
            CallFormat(
                opens: ["<seed:tool_call>"],
                closes: ["</seed:tool_call>"],
                syntaxes: [.tagged(.functions)]
            )
        ],
        signs: [["<seed:tool_call>"]]
    )

    /// The wrapper is sometimes left out.
    private static let unwrappedFunction = CallFormat(
        opens: ["<function="],
        itemCloses: ["</tool_call>"],
        opensItem: true,
        syntaxes: [.tagged(.functions)]
    )

    private static let qwenCoder = OutputFormat(
        name: "qwen3-coder",
        calls: [
            CallFormat(
                opens: ["<tool_call>"],
                closes: ["</tool_call>"],
                syntaxes: [.json, .tagged(.functions)]
            ),
            unwrappedFunction,
        ],
        signs: [["<function=", "<parameter="]]
    )

    private static let glm = OutputFormat(
        name: "glm",
        calls: [
            CallFormat(
                opens: ["<tool_call>"],
                closes: ["</tool_call>"],
                syntaxes: [.json, .tagged(.pairs())]
            )
        ],
        ignored: ["<|begin_of_box|>", "<|end_of_box|>"],
        endTokens: ["<|user|>", "<|observation|>"],
        signs: [["<arg_key>"]]
    )

    private static let cohere = OutputFormat(
        name: "cohere",
        thinking: ThinkingFormat(
            opens: ["<|START_THINKING|>"],
            closes: ["<|END_THINKING|>"],
            endOfThinking: "<|END_THINKING|>"
        ),
        calls: [
            CallFormat(
                opens: ["<|START_ACTION|>"],
                closes: ["<|END_ACTION|>"],
                syntaxes: [
                    .object(
                        JSONCallKeys(name: "tool_name", arguments: ["parameters"], count: "tool_call_id")
                    )
                ]
            )
        ],
        ignored: ["<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|START_TEXT|>", "<|END_TEXT|>"],
        signs: [["<|START_ACTION|>"], ["<|START_THINKING|>"]]
    )

    private static let lfm = OutputFormat(
        name: "lfm2",
        calls: [
            CallFormat(
                opens: ["<|tool_call_start|>"],
                closes: ["<|tool_call_end|>"],
                syntaxes: [.python, .json]
            )
        ],
        signs: [["<|tool_call_start|>"], ["<|tool_list_start|>"]]
    )

    private static let olmo = OutputFormat(
        name: "olmo3",
        calls: [
            CallFormat(
                opens: ["<function_calls>"],
                closes: ["</function_calls>"],
                syntaxes: [.python, .json]
            )
        ],
        signs: [["<function_calls>"]]
    )

    private static let granite = OutputFormat(
        name: "granite",
        thinking: ThinkingFormat(
            opens: ["Here is my thought process:", "Here's my thought process:", "<think>"],
            closes: ["Here is my response:", "Here's my response:", "</think>"],
            isPhrase: true,
            endOfThinking: "\n\nHere is my response:"
        ),
        calls: [
            CallFormat(opens: ["<tool_call>"], closes: ["</tool_call>"], syntaxes: [.json]),
            CallFormat(opens: ["<|tool_call|>"], closes: ["<|/tool_call|>"], syntaxes: [.json])
                .endingAnywhere,
        ],
        signs: [["<|start_of_role|>"]]
    )

    private static let mistral = OutputFormat(
        name: "mistral",
        thinking: ThinkingFormat(
            opens: ["[THINK]", "<think>"],
            closes: ["[/THINK]", "</think>"],
            endOfThinking: "[/THINK]"
        ),
        calls: [
            CallFormat(
                opens: ["[TOOL_CALLS]"],
                syntaxes: [
                    .json,
                    .named(
                        NamedSyntax(
                            separators: ["[ARGS]", "[CALL_ID]"],
                            heads: [.init(), .init(close: [.marker(["[ARGS]"])])]
                        )
                    ),
                ]
            )
        ],
        callIDs: .nineCharacters,
        signs: [["[TOOL_CALLS]"], ["[AVAILABLE_TOOLS]"], ["[INST]"]]
    )

    private static let phi = OutputFormat(
        name: "phi",
        calls: [
            CallFormat(opens: ["functools"], syntaxes: [.json]),
            CallFormat(opens: ["<|tool_call|>"], closes: ["<|/tool_call|>"], syntaxes: [.json])
                .endingAnywhere,
        ],
        signs: [["functools"], ["<|tool|>"], ["<|assistant|>", "<|end|>"]]
    )

    private static let hermes = OutputFormat(
        name: "hermes",
        calls: [
            CallFormat(
                opens: ["<tool_call>"],
                closes: ["</tool_call>"],
                syntaxes: [.json, .tagged(.functions)]
            ),
            unwrappedFunction,
        ],
        signs: [["<tool_call>"]]
    )

    private static let bareJSON = CallFormat(opens: [], syntaxes: [.json])
    private static let bareCalls = CallFormat(opens: [], syntaxes: [.json, .python])

    private static let llama4 = OutputFormat(
        name: "llama4",
        calls: [
            bareCalls,
            CallFormat(opens: ["<|python_start|>"], closes: ["<|python_end|>"], syntaxes: [.python, .json]),
        ],
        signs: [["<|header_start|>"]]
    )

    private static let llama3 = OutputFormat(
        name: "llama3",
        calls: [
            bareCalls,
            CallFormat(opens: ["<|python_tag|>"], syntaxes: [.json, .python]),
            CallFormat(
                opens: ["<function="],
                itemCloses: ["</function>"],
                syntaxes: [
                    .named(
                        NamedSyntax(
                            separators: [">"],
                            heads: [.init(close: [.marker([">"])], end: "</function>")]
                        )
                    )
                ]
            ),
        ],
        endTokens: ["<|eom_id|>", "<|eot_id|>"],
        signs: [["<|start_header_id|>"]]
    )

    private static let gemma = OutputFormat(
        name: "gemma",
        calls: [
            bareCalls,
            CallFormat(
                opens: ["```tool_code", "```tool_call"],
                closes: ["```"],
                syntaxes: [.json, .python]
            ),
        ],
        signs: [["<start_of_turn>"]]
    )

    /// For a template that shows no sign of a family: what most models were taught by examples.
    public static let generic = OutputFormat(
        name: "generic",
        calls: [
            CallFormat(
                opens: ["<tool_call>"],
                closes: ["</tool_call>"],
                syntaxes: [.json, .tagged(.functions), .tagged(.pairs())]
            ),
            unwrappedFunction,
            bareJSON,
        ]
    )
}

extension CallFormat {
    /// For models that end their turn without the closing marker, and may say more behind their calls.
    fileprivate var endingAnywhere: CallFormat {
        var format = self
        format.itemCloses += format.closes
        format.closes = []
        return format
    }
}

extension NamedSyntax {
    /// `call:f{k:…}`.
    fileprivate static func braces(quotedBy marker: Marker) -> NamedSyntax {
        NamedSyntax(style: .bare(quotedBy: marker), heads: [Head(open: ["call:"])])
    }
}
