// Command judges reads objects, one JSON a line, and says of each what kstatus says and what a health script of Argo CD says: a list
// of kstatus' status, and status and message of the health.
//
// Both are the libraries that Flux and Argo CD are made with. Argo CD's own package around the Lua machine brings half of Kubernetes
// along, so what it opens for a script of argocd-cm is repeated here.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// limit is how long a script may run.
const limit = time.Second

func main() {
	if err := judge(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "judges:", err)
		os.Exit(1)
	}
}

func judge(path string) error {
	script, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var object unstructured.Unstructured
		if err := object.UnmarshalJSON(lines.Bytes()); err != nil {
			return err
		}
		result, err := status.Compute(&object)
		if err != nil {
			return fmt.Errorf("kstatus: %w: %s", err, lines.Text())
		}
		health, message, err := run(string(script), object.Object)
		if err != nil {
			return fmt.Errorf("%s: %w: %s", path, err, lines.Text())
		}
		if err := out.Encode([]string{result.Status.String(), health, message}); err != nil {
			return err
		}
	}
	return lines.Err()
}

// run gives a script what it has in argocd-cm: the base, package and table libraries.
func run(script string, object map[string]any) (health, message string, err error) {
	machine := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer machine.Close()
	// In this order: the package library comes first.
	names := []string{lua.LoadLibName, lua.BaseLibName, lua.TabLibName}
	for n, open := range []lua.LGFunction{lua.OpenPackage, lua.OpenBase, lua.OpenTable} {
		library := lua.P{Fn: machine.NewFunction(open), Protect: true}
		if err := machine.CallByParam(library, lua.LString(names[n])); err != nil {
			return "", "", err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	machine.SetContext(ctx)
	machine.SetGlobal("obj", value(machine, object))
	if err := machine.DoString(script); err != nil {
		return "", "", err
	}
	said, ok := machine.Get(-1).(*lua.LTable)
	if !ok {
		return "", "", fmt.Errorf("the script answers no table")
	}
	return lua.LVAsString(said.RawGetString("status")), lua.LVAsString(said.RawGetString("message")), nil
}

// value is what Lua sees of a JSON value.
func value(machine *lua.LState, from any) lua.LValue {
	switch from := from.(type) {
	case bool:
		return lua.LBool(from)
	case int64:
		return lua.LNumber(from)
	case float64:
		return lua.LNumber(from)
	case string:
		return lua.LString(from)
	case []any:
		list := machine.CreateTable(len(from), 0)
		for _, item := range from {
			list.Append(value(machine, item))
		}
		return list
	case map[string]any:
		table := machine.CreateTable(0, len(from))
		for name, member := range from {
			table.RawSetString(name, value(machine, member))
		}
		return table
	default:
		return lua.LNil
	}
}
