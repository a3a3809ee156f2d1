// Helm itself, as its own cmd/helm starts it, so that what `kubeops check` makes of a chart is held against the real
// program.
package main

import (
	"errors"
	"os"

	helm "helm.sh/helm/v4/pkg/cmd"
)

func main() {
	command, err := helm.NewRootCmd(os.Stdout, os.Args[1:], helm.SetupLogging)
	if err == nil {
		err = command.Execute()
	}
	if failed, ok := errors.AsType[helm.CommandError](err); ok {
		os.Exit(failed.ExitCode)
	}
	if err != nil {
		os.Exit(1)
	}
}
