internal import CKernels
internal import Glibc
internal import ModelFiles

/// A packed matrix laid out for multiplying.
struct PanelMatrix {
    let panels: ck_panels
    private let memory: PanelMemory
    private let bias: FloatBuffer?

    fileprivate init(_ panels: ck_panels, memory: PanelMemory, bias: FloatBuffer?) {
        self.panels = panels
        self.memory = memory
        self.bias = bias
    }
}

/// Lays packed matrices out in panels while a model is opened, one at a time, by all threads at once.
final class PanelMaker: @unchecked Sendable {
    // Unchecked because a matrix is set while no thread is at work.

    private struct Task {
        var matrix: ck_matrix
        var panels: ck_panels
    }

    // Unchecked for the same reason.
    private final class Team: @unchecked Sendable {
        var task: Task?

        func run(_ part: StepPart) {
            guard let task else { return }
            let count = (task.panels.rows + Int(CK_PANEL_ROWS) - 1) / Int(CK_PANEL_ROWS)
            withUnsafePointer(to: task.matrix) { matrix in
                withUnsafePointer(to: task.panels) { panels in
                    part.share(count) { ck_fill_panels(matrix, panels, $0, $0 + 1) }
                }
            }
        }
    }

    /// For errors.
    private let path: String
    private let team = Team()
    private let threads: StepThreads

    init(for path: String, threads count: Int) throws(TransformerError) {
        self.path = path
        let team = team
        threads = try StepThreads(count: count) { team.run($0) }
    }

    /// Nil for matrices that are multiplied with as they lie.
    func panels(of matrix: ck_matrix, bias: FloatBuffer?) throws(ModelFileError) -> PanelMatrix? {
        var plan = ck_panel_plan()
        let byteCount = withUnsafePointer(to: matrix) { ck_plan_panels($0, &plan) }
        guard byteCount > 0 else { return nil }
        let memory: PanelMemory
        do throws(PanelMemory.Failure) {
            memory = try PanelMemory(byteCount: byteCount)
        } catch {
            let reason = String(cString: strerror(error.code))
            throw ModelFileError(path, "there is no memory for \(byteCount) bytes of weights: \(reason)")
        }
        let panels = ck_panels(
            start: memory.start,
            bias: matrix.bias,
            rows: matrix.rows,
            columns: matrix.columns,
            plan: plan
        )
        team.task = Task(matrix: matrix, panels: panels)
        threads.run()
        team.task = nil
        return PanelMatrix(panels, memory: memory, bias: bias)
    }
}
