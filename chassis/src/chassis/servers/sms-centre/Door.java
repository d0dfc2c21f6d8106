package driveline;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import org.jsmpp.util.DeliveryReceiptState;

/** The centre's other side, by HTTP: read what phones were sent, send from a phone, say how a phone behaves. */
final class Door {
    private interface Answer {
        String to(Map<String, String> form);
    }

    private Door() {}

    static void open(Centre centre, String host, int port) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(host, port), 50);
        server.setExecutor(Executors.newCachedThreadPool());
        serve(server, "/texts", Map.of("GET", form -> centre.phones.json()));
        serve(server, "/sent", Map.of(
                "GET", form -> "{\"untaken\":" + centre.inbound.untaken() + "}",
                "POST", form -> {
                    centre.inbound.send(field(form, "from"), field(form, "to"), field(form, "text"));
                    return "{}";
                }));
        serve(server, "/phones", Map.of("POST", form -> {
            String receipt = form.getOrDefault("receipt", Phones.DELIVERED);
            if (Arrays.stream(DeliveryReceiptState.values()).noneMatch(state -> state.name().equals(receipt))) {
                throw new IllegalArgumentException("receipt: one of " + Arrays.toString(DeliveryReceiptState.values()));
            }
            int refusal = Integer.parseInt(form.getOrDefault("refusal", "0"));
            boolean silent = Boolean.parseBoolean(form.get("silent"));
            centre.phones.teach(field(form, "number"), new Phones.Manner(receipt, refusal, silent));
            return "{}";
        }));
        server.start();
    }

    private static void serve(HttpServer server, String path, Map<String, Answer> methods) {
        server.createContext(path, exchange -> {
            int status = 200;
            String body;
            try {
                String form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                Answer answer = methods.get(exchange.getRequestMethod());
                if (answer == null) {
                    throw new IllegalArgumentException("method: one of " + methods.keySet());
                }
                body = answer.to(fields(form));
            } catch (IllegalArgumentException wrong) {
                status = 400;
                body = "{\"error\":" + Json.quoted(String.valueOf(wrong.getMessage())) + "}";
            }
            byte[] octets = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(status, octets.length);
            exchange.getResponseBody().write(octets);
            exchange.close();
        });
    }

    private static Map<String, String> fields(String form) {
        Map<String, String> fields = new HashMap<>();
        for (String pair : form.split("&")) {
            int split = pair.indexOf('=');
            if (split > 0) {
                fields.put(pair.substring(0, split), URLDecoder.decode(pair.substring(split + 1), StandardCharsets.UTF_8));
            }
        }
        return fields;
    }

    private static String field(Map<String, String> form, String name) {
        String value = form.get(name);
        if (value == null || value.isEmpty()) {
            throw new IllegalArgumentException(name + ": missing");
        }
        return value;
    }
}
