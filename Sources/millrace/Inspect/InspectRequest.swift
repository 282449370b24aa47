import Contract
import JSON

/// One input line, with its members checked as they are asked for.
struct InspectRequest {
    let object: JSONObject

    init(_ line: String) throws(InspectError) {
        do {
            guard let object = try JSONValue(parsing: line, limits: .modelFile).objectValue else {
                throw InspectError("the line must be a JSON object")
            }
            self.object = object
        } catch let error as InspectError {
            throw error
        } catch {
            throw InspectError("the line is not valid JSON: \(error)")
        }
    }

    /// A member; null counts as absent.
    func value(_ name: String) -> JSONValue? {
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    func text(_ name: String) throws(InspectError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.stringValue else { throw InspectError("\"\(name)\" must be a string") }
        return text
    }

    func requiredText(_ name: String) throws(InspectError) -> String {
        guard let text = try text(name) else { throw InspectError("\"\(name)\" is missing") }
        return text
    }

    func flag(_ name: String, default fallback: Bool) throws(InspectError) -> Bool {
        guard let value = value(name) else { return fallback }
        guard let flag = value.boolValue else { throw InspectError("\"\(name)\" must be true or false") }
        return flag
    }

    func number(_ name: String, default fallback: Double) throws(InspectError) -> Double {
        guard let value = value(name) else { return fallback }
        guard let number = value.numberValue else { throw InspectError("\"\(name)\" must be a number") }
        return number
    }

    func integer(_ name: String, in range: ClosedRange<Int64>) throws(InspectError) -> Int64? {
        guard let value = value(name) else { return nil }
        guard let integer = value.integerValue, range.contains(integer) else {
            throw InspectError(
                "\"\(name)\" must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return integer
    }

    func ids(_ name: String) throws(InspectError) -> [TokenID]? {
        guard let value = value(name) else { return nil }
        guard let elements = value.arrayValue else {
            throw InspectError("\"\(name)\" must be a list of token ids")
        }
        var ids: [TokenID] = []
        ids.reserveCapacity(elements.count)
        for element in elements {
            guard let id = element.integerValue.flatMap(TokenID.init(exactly:)) else {
                throw InspectError("\"\(name)\" holds \(element), which is not a token id")
            }
            ids.append(id)
        }
        return ids
    }

    func texts(_ name: String) throws(InspectError) -> [String] {
        guard let value = value(name) else { return [] }
        if let text = value.stringValue { return [text] }
        let texts = value.arrayValue?.compactMap(\.stringValue)
        guard let texts, texts.count == value.arrayValue?.count else {
            throw InspectError("\"\(name)\" must be a string or a list of strings")
        }
        return texts
    }

    /// Numbers by token id.
    func biases(_ name: String) throws(InspectError) -> [TokenBias] {
        guard let value = value(name) else { return [] }
        guard let object = value.objectValue else { throw InspectError("\"\(name)\" must be an object") }
        var biases: [TokenBias] = []
        for (key, value) in object {
            guard let token = TokenID(key), let bias = value.numberValue, Float(bias).isFinite else {
                throw InspectError("\"\(name)\" must hold numbers by token id, not \(key): \(value)")
            }
            biases.append(TokenBias(token: token, bias: Float(bias)))
        }
        return biases.sorted { $0.token < $1.token }
    }
}
