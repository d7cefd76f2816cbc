package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"github.com/bertsearch/bertsearch/internal/kernel"
)

func (p *program) versionCommand() *cli.Command {
	return &cli.Command{
		Name:        "version",
		Usage:       "print the version, how it was built and what it uses of this processor",
		Description: `   bertsearch version --json`,
		Flags:       []cli.Flag{jsonFlag()},
		Action:      p.version,
	}
}

// build describes the program itself.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision"` // of the source
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Kernel   string `json:"kernel"` // instructions of the numeric code
}

func (p *program) version(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	b := thisBuild()
	if c.Bool("json") {
		return p.printJSON(b)
	}
	p.printf("bertsearch %s\n", b.Version)
	return p.printPairs("revision", b.Revision, "go", b.Go, "platform", b.Platform, "kernel", b.Kernel)
}

// thisBuild reads what the Go tool noted in the program.
func thisBuild() build {
	b := build{Version: "unknown", Revision: "unknown", Go: runtime.Version(), Kernel: kernel.Active().String(),
		Platform: fmt.Sprintf("%s/%s", runtime.GOOS, runtime.GOARCH)}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Version = info.Main.Version
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			b.Revision = setting.Value
		case setting.Key == "vcs.modified" && setting.Value == "true":
			b.Revision += " (modified)"
		}
	}
	return b
}
