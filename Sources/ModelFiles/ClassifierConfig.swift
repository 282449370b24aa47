extension Family {
    /// How a family's models sort texts into classes: what comes behind the last layer.
    struct ClassifierRule: Sendable {
        enum Pooling: Sendable {
            case first
            case last
            /// `cls` or `mean`
            case key(String)
        }

        /// Which token speaks for the text.
        var pooling = Pooling.last
        /// A layer before the classes.
        var dense: String?
        /// Whether its name begins with what those of the model begin with.
        var isDenseInModel = false
        var denseBias = Choice.never
        /// Nil: a hyperbolic tangent.
        var activationKey: String?
        /// Behind the bend.
        var norm: String?
        var output = "score"
        var outputHasBias = false
    }
}

/// The head of a model that sorts texts into classes, such as a reranker.
public struct ClassifierConfig: Hashable, Sendable {
    public enum Pooling: Hashable, Sendable {
        case first
        case last
        case mean
    }

    /// A layer before the classes.
    public struct Dense: Hashable, Sendable {
        public var name: String
        public var isInModel: Bool
        public var hasBias: Bool
        /// Nil: a hyperbolic tangent.
        public var activation: Activation?
        public var norm: String?
    }

    public var pooling: Pooling
    public var dense: Dense?
    public var output: String
    public var outputHasBias: Bool

    init(_ rule: Family.ClassifierRule, _ fields: ConfigFields) throws(ModelFileError) {
        switch rule.pooling {
        case .first: pooling = .first
        case .last: pooling = .last
        case .key(let key):
            let name = try fields.text(key, default: "cls")
            guard ["cls", "mean"].contains(name) else {
                throw fields.error(key, "\"\(name)\" is not supported")
            }
            pooling = name == "cls" ? .first : .mean
        }
        if let name = rule.dense {
            var activation: Activation?
            if let key = rule.activationKey { activation = try fields.activation(key, default: "gelu") }
            dense = Dense(
                name: name,
                isInModel: rule.isDenseInModel,
                hasBias: try fields.choose(rule.denseBias),
                activation: activation,
                norm: rule.norm
            )
        }
        output = rule.output
        outputHasBias = rule.outputHasBias
    }
}
