// A program of one file, for Java 17 and later. Run it beside a server:
//     hexostore run -- java LabelsTest.java
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class LabelsTest {
    static final String SERVER = System.getenv("HEXOSTORE_URL");
    static final String PAIR = System.getenv("HEXOSTORE_LOGIN") + ":" + System.getenv("HEXOSTORE_PASSWORD");
    static final String BASIC = "Basic " + Base64.getEncoder().encodeToString(PAIR.getBytes());
    static final HttpClient CLIENT = HttpClient.newHttpClient();

    public static void main(String[] arguments) throws Exception {
        HttpResponse<String> made = send("POST", SERVER + "/_sandbox/sandboxes", "{}");
        require(made.statusCode() == 201, made.body());
        String name = find("\"name\":\"([^\"]*)\"", made.body());
        try {
            addLabel(SERVER + "/~" + name);
            require(labels(SERVER + "/~" + name).contains("from Java"), "the label is in the sandbox");
            require(!labels(SERVER).contains("from Java"), "the label is nowhere else");
        } finally {
            send("DELETE", SERVER + "/_sandbox/sandboxes/" + name, "");
        }
        System.out.println("ok");
    }

    static void addLabel(String base) throws Exception {
        String account = send("GET", base + "/api/account/", "").body();
        String user = find("\"resource_uri\": \"(/api/user/[^\"]*)\"", account);
        String body = "{\"name\": \"from Java\", \"user\": \"" + user + "\"}";
        HttpResponse<String> added = send("POST", base + "/api/label/", body);
        require(added.statusCode() == 201, added.body());
    }

    static String labels(String base) throws Exception {
        return send("GET", base + "/api/label/", "").body();
    }

    static HttpResponse<String> send(String method, String url, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
            .header("Authorization", BASIC)
            .header("X-HexoStore-Control", "1")
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(body))
            .build();
        return CLIENT.send(request, BodyHandlers.ofString());
    }

    static String find(String pattern, String json) {
        Matcher found = Pattern.compile(pattern).matcher(json);
        require(found.find(), pattern + " is missing in " + json);
        return found.group(1);
    }

    static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
