import Configuration
import Glibc

exit(Millrace.run(Array(CommandLine.arguments.dropFirst())))
