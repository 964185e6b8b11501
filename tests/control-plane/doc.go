// Package controlplane only holds the go.mod whose tools are the control plane.
package controlplane
