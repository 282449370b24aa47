internal import Dialects

extension RouteContext {
    /// Answers a request that may come again: with the reply that is there for it, or by `answer`, which
    /// need not know how many are told what it says.
    func repeatable(_ dialect: Dialect, _ answer: (RouteContext) throws(DialectError) -> Void) {
        var context = self
        do throws(DialectError) {
            guard let admitted = try edge.retries.admit(self) else { return }
            context = admitted
            try answer(context)
        } catch {
            context.refuse(error, dialect)
        }
    }
}
