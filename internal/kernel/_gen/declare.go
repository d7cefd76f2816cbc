package main

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// kernel is the part of package kernel that assembly knows: the argument
// structures, read from their Go files so that offsets are written once.
var kernel = declarations("../tile.go")

// declarations type-checks files of package kernel. The generator runs in
// its own folder.
func declarations(names ...string) *types.Package {
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		f, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			panic(err)
		}
		files = append(files, f)
	}
	config := types.Config{Importer: importer.Default()}
	pkg, err := config.Check("kernel", set, files, nil)
	if err != nil {
		panic(err)
	}
	return pkg
}

// field returns the address of a field of the structure at base.
func field(base reg.Register, structure, name string) Mem {
	s := kernel.Scope().Lookup(structure).Type().Underlying().(*types.Struct)
	var fields []*types.Var
	for i := range s.NumFields() {
		fields = append(fields, s.Field(i))
		if s.Field(i).Name() == name {
			offsets := types.SizesFor("gc", "amd64").Offsetsof(fields)
			return Mem{Base: base, Disp: int(offsets[i])}
		}
	}
	panic("no field " + name + " in " + structure)
}
